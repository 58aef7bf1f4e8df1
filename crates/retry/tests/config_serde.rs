//! Retries and hedges in a configuration file.

#![cfg(feature = "serde")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use palisade_retry::config::{BudgetConfig, Course, HedgeConfig, RetryConfig, Tokens};
use palisade_retry::{Factor, Jitter, Ratio};
use serde_json::{Value, json};

fn read(value: Value) -> RetryConfig {
    serde_json::from_value(value).unwrap()
}

fn error(value: Value) -> String {
    serde_json::from_value::<RetryConfig>(value).unwrap_err().to_string()
}

/// Everything that can be said, none of it the default.
fn all() -> RetryConfig {
    RetryConfig {
        name: "search".to_owned(),
        enabled: false,
        max_attempts: 5,
        backoff: Course::Linear,
        initial_backoff: Duration::from_millis(20),
        max_backoff: Duration::from_millis(1_500),
        backoff_multiplier: Factor::percent(105),
        jitter: Some(Jitter::Plus(Ratio::percent(10))),
        use_jitter: Some(true),
        max_elapsed: Some(Duration::from_secs(9)),
        max_retry_after: Duration::from_secs(30),
        max_replay: 7,
        statuses: vec![500, 503],
        attempt_header: Some("x-attempt".to_owned()),
        budget: BudgetConfig::Limited(Tokens {
            share: Some(Ratio::percent(10)),
            per_second: Some(5),
            window: Some(Duration::from_secs(20)),
        }),
    }
}

#[test]
fn what_is_written_is_what_is_read() {
    let written = serde_json::to_value(all()).unwrap();
    let expected = json!({
        "name": "search",
        "enabled": false,
        "max_attempts": 5,
        "backoff": "linear",
        "initial_backoff": "20ms",
        "max_backoff": "1.5s",
        "backoff_multiplier": 1.05,
        "jitter": "plus 10%",
        "use_jitter": true,
        "max_elapsed": "9s",
        "max_retry_after": "30s",
        "max_replay": 7,
        "statuses": [500, 503],
        "attempt_header": "x-attempt",
        "budget": { "share": "10%", "per_second": 5, "window": "20s" },
    });
    assert_eq!(written, expected);
    assert_eq!(read(written), all());
    for config in [
        RetryConfig::default(),
        RetryConfig { budget: BudgetConfig::Unlimited, ..RetryConfig::default() },
    ] {
        assert_eq!(read(serde_json::to_value(&config).unwrap()), config);
    }
}

#[test]
fn a_configuration_of_other_retries_reads_as_it_stands() {
    let config = read(json!({
        "max_attempts": 3,
        "initial_backoff": "100ms",
        "max_backoff": "1s",
        "backoff_multiplier": 2.0,
        "use_jitter": true,
    }));
    let max_backoff = Duration::from_secs(1);
    let expected = RetryConfig { max_backoff, use_jitter: Some(true), ..RetryConfig::default() };
    assert_eq!(config, expected);
    assert!(config.layer().is_ok());
}

#[test]
fn a_multiplier_is_a_number_or_a_text_with_one() {
    for (value, percent) in [
        (json!(2), 200),
        (json!(2.0), 200),
        (json!("2"), 200),
        (json!(1.5), 150),
        (json!("1.05"), 105),
        (json!(1.004), 100),
        (json!(0), 0),
        (json!("42949672.95"), u32::MAX),
        (json!(42_949_672.95), u32::MAX),
    ] {
        let config = read(json!({ "backoff_multiplier": value }));
        assert_eq!(config.backoff_multiplier, Factor::percent(percent), "{value}");
    }
    for (value, told) in [
        (json!(-1), r#"factor "-1": expected 0 to 42949672.95"#),
        (json!(-0.001), r#"factor "-0.001": expected 0 to 42949672.95"#),
        (json!(42_949_672.96), r#"factor "42949672.96": expected 0 to 42949672.95"#),
        (json!("nan"), r#"factor "nan": expected 0 to 42949672.95"#),
        (json!("inf"), r#"factor "inf": expected 0 to 42949672.95"#),
        (json!("twice"), r#"factor "twice": expected e.g. "2" or "1.5""#),
        (json!(true), "invalid type: boolean `true`, expected a number such as 2 or 1.5"),
    ] {
        let error = error(json!({ "backoff_multiplier": value }));
        assert!(error.starts_with(told), "{value}: {error}");
    }
    assert!(Factor::try_from(f64::NAN).is_err() && Factor::try_from(f64::INFINITY).is_err());
}

#[test]
fn each_jitter_reads_as_it_prints() {
    for jitter in [
        Jitter::None,
        Jitter::Full,
        Jitter::Equal,
        Jitter::Decorrelated,
        Jitter::Plus(Ratio::per_million(125_000)),
    ] {
        let text = jitter.to_string();
        assert_eq!(text.parse(), Ok(jitter));
        assert_eq!(read(json!({ "jitter": text })).jitter, Some(jitter));
    }
    let known = r#"expected "none", "full", "equal", "decorrelated" or e.g. "plus 10%""#;
    for text in ["some", "plus", "Full"] {
        let error = error(json!({ "jitter": text }));
        assert!(error.starts_with(&format!("jitter {text:?}: {known}")), "{error}");
    }
    let error = error(json!({ "jitter": "plus 101%" }));
    assert!(error.starts_with(r#"ratio "101%": expected 0% to 100%"#), "{error}");
}

#[test]
fn what_is_not_known_is_an_error() {
    assert!(error(json!({ "max_atempts": 5 })).contains("unknown field `max_atempts`"));
    assert!(error(json!({ "max_backoff": 5 })).contains("invalid type"));
    assert!(error(json!({ "backoff": "random" })).contains("unknown variant `random`"));
    let told = error(json!({ "budget": "none" }));
    let expected = r#"expected "unlimited", or a table with share, per_second and window"#;
    assert!(told.starts_with(&format!(r#"invalid value: string "none", {expected}"#)), "{told}");
    assert!(error(json!({ "budget": { "per_minute": 5 } })).contains("unknown field `per_minute`"));
}

#[test]
fn a_hedge_is_written_and_read_like_a_retry() {
    let hedge = HedgeConfig {
        name: "search".to_owned(),
        enabled: false,
        after: None,
        percentile: Some(Ratio::percent(95)),
        max_replay: 7,
        statuses: vec![503],
        budget: BudgetConfig::Unlimited,
    };
    let written = serde_json::to_value(&hedge).unwrap();
    let expected = json!({
        "name": "search",
        "enabled": false,
        "percentile": "95%",
        "max_replay": 7,
        "statuses": [503],
        "budget": "unlimited",
    });
    assert_eq!(written, expected);
    assert_eq!(serde_json::from_value::<HedgeConfig>(written).unwrap(), hedge);
    let after: HedgeConfig = serde_json::from_value(json!({ "after": "50ms" })).unwrap();
    let expected = HedgeConfig { after: Some(Duration::from_millis(50)), ..HedgeConfig::default() };
    assert_eq!(after, expected);
    let error = serde_json::from_value::<HedgeConfig>(json!({ "delay": "50ms" })).unwrap_err();
    assert!(error.to_string().contains("unknown field `delay`"), "{error}");
}
