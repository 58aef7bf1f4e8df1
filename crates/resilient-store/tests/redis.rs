//! All of it around Redis, without one.

#![cfg(feature = "redis")]

mod support;

use std::time::Duration;

use palisade_core::per_hour;
use palisade_core::store::{Outage, Source};
use palisade_ratelimit::Gcra;
use palisade_resilient_store::{RedisConfig, ResilienceConfig, ResilientStorage};
use support::{ask, policy};

fn nobody() -> RedisConfig {
    RedisConfig {
        // Nobody listens there.
        url: "redis://127.0.0.1:1".to_string(),
        pool_size: 10,
        connection_timeout: Duration::from_secs(1),
    }
}

#[tokio::test]
async fn it_starts_and_decides_though_there_is_no_redis() {
    let storage = ResilientStorage::new(nobody(), ResilienceConfig::default()).await.unwrap();
    let limit = policy(Gcra::new(per_hour(2)), Outage::Share);
    for expected in [true, true, false] {
        assert_eq!(ask(&storage.clone(), &limit, "a").await, (expected, Source::Local));
    }
    assert!(
        storage.circuit_breaker().handle().snapshot().failed > 0
            || !storage.health_checker().is_healthy()
    );
}

#[tokio::test]
async fn all_that_is_wrong_is_told_before_anything_is_tried() {
    let mut resilience = ResilienceConfig::default();
    resilience.retry.max_attempts = 0;
    let redis = RedisConfig { url: "http://localhost".to_string(), ..nobody() };
    let problems = ResilientStorage::new(redis, resilience).await.unwrap_err();
    let paths: Vec<_> = problems.iter().map(palisade_core::text::Problem::path).collect();
    assert_eq!(paths, ["redis.url", "resilience.retry.max_attempts"]);
}
