//! The names and values that documents have always had.

mod support;

use std::time::Duration;

use palisade_core::store::MemoryStore;
use palisade_resilient_store::ResilientStore;
use palisade_resilient_store::config::{
    CircuitBreakerConfig, HealthCheckConfig, InMemoryConfig, ResilienceConfig, RetryConfig,
};

fn documented() -> ResilienceConfig {
    ResilienceConfig {
        health_check: HealthCheckConfig {
            check_interval: Duration::from_secs(5),
            check_timeout: Duration::from_millis(500),
        },
        circuit_breaker: CircuitBreakerConfig {
            failure_threshold: 3,
            reset_timeout: Duration::from_secs(10),
            success_threshold: 2,
        },
        retry: RetryConfig {
            max_attempts: 3,
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            backoff_multiplier: 2.0,
            use_jitter: true,
        },
        in_memory: InMemoryConfig {
            max_entries: 10_000,
            use_background_task: true,
            cleanup_interval: Duration::from_secs(60),
        },
    }
}

#[test]
fn the_documented_values_are_the_defaults_and_valid() {
    assert_eq!(documented(), ResilienceConfig::default());
    assert_eq!(documented().validate(), Ok(()));
}

#[test]
fn every_problem_is_told_at_once() {
    let nothing = Duration::ZERO;
    let config = ResilienceConfig {
        health_check: HealthCheckConfig { check_interval: nothing, check_timeout: nothing },
        circuit_breaker: CircuitBreakerConfig {
            failure_threshold: 0,
            reset_timeout: nothing,
            success_threshold: 0,
        },
        retry: RetryConfig {
            max_attempts: 0,
            initial_backoff: Duration::from_secs(2),
            backoff_multiplier: f64::NAN,
            ..RetryConfig::default()
        },
        in_memory: InMemoryConfig {
            max_entries: 0,
            cleanup_interval: nothing,
            ..InMemoryConfig::default()
        },
    };
    let problems = config.validate().unwrap_err();
    let paths: Vec<_> = problems.iter().map(palisade_core::text::Problem::path).collect();
    assert_eq!(
        paths,
        [
            "circuit_breaker.failure_threshold",
            "circuit_breaker.success_threshold",
            "retry.max_attempts",
            "in_memory.max_entries",
            "health_check.check_interval",
            "health_check.check_timeout",
            "circuit_breaker.reset_timeout",
            "in_memory.cleanup_interval",
            "retry.max_backoff",
            "retry.backoff_multiplier",
        ]
    );
    // It works all the same.
    let store = ResilientStore::new(MemoryStore::new()).config(config);
    assert!(store.health_checker().is_healthy());
}

#[cfg(feature = "serde")]
#[test]
fn a_file_says_what_differs_and_nothing_unknown() {
    let config: ResilienceConfig = serde_json::from_str(
        r#"{ "retry": { "max_attempts": 1 }, "health_check": { "check_interval": "1s" } }"#,
    )
    .unwrap();
    let mut expected = documented();
    expected.retry.max_attempts = 1;
    expected.health_check.check_interval = Duration::from_secs(1);
    assert_eq!(config, expected);
    let again = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<ResilienceConfig>(&again).unwrap(), config);
    assert!(serde_json::from_str::<ResilienceConfig>(r#"{ "retries": {} }"#).is_err());
}

#[tokio::test]
async fn the_documented_calls_work() {
    let resilient_storage = ResilientStore::new(MemoryStore::new());
    let circuit_breaker = resilient_storage.circuit_breaker();
    assert!(circuit_breaker.allow_request().await);
    circuit_breaker.record_success().await;
    assert!(circuit_breaker.allow_request().await);
    circuit_breaker.record_failure().await;
    assert!(resilient_storage.health_checker().is_healthy());
}
