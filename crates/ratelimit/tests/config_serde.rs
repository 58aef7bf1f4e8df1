//! Rate limits in a configuration file.

#![cfg(feature = "serde")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use palisade_core::Ratio;
use palisade_ratelimit::config::{Algorithm, LimitConfig, RateLimitConfig};
use palisade_ratelimit::{
    Anchor, Headers, HeadersOn, Missing, Outage, Reset, per_day, per_hour, per_minute, per_second,
};
use serde_json::{Value, json};

fn read(value: Value) -> RateLimitConfig {
    serde_json::from_value(value).unwrap()
}

fn error(value: Value) -> String {
    serde_json::from_value::<RateLimitConfig>(value).unwrap_err().to_string()
}

/// Everything that can be said, none of it the default.
fn all() -> RateLimitConfig {
    RateLimitConfig {
        name: "api".to_owned(),
        enabled: false,
        enforce: Ratio::percent(50),
        by: "client_ip behind 1".parse().unwrap(),
        limits: vec![
            LimitConfig::new(per_second(10).burst(20)),
            LimitConfig {
                name: Some("daily".to_owned()),
                algorithm: Algorithm::FixedWindow,
                by: Some("header x-api-key".parse().unwrap()),
                tiers: [("premium".to_owned(), per_day(50_000))].into(),
                chargeable: true,
                on_outage: Some(Outage::Allow),
                anchor: Some(Anchor::FirstHit),
                ..LimitConfig::new(per_day(1_000))
            },
            LimitConfig {
                algorithm: Algorithm::Shaper,
                max_wait: Some(Duration::from_millis(250)),
                max_queued: Some(9),
                ..LimitConfig::new(per_minute(60).burst(1))
            },
        ],
        on_missing: Missing::Reject,
        skip_preflights: false,
        skip_paths: vec!["/healthz".to_owned()],
        headers: Headers::PerWindow,
        headers_on: HeadersOn::OnlyDenied,
        reset: Reset::Delta,
        max_keys: 7,
        on_outage: Outage::Deny,
    }
}

#[test]
fn what_is_written_is_what_is_read() {
    for config in [all(), RateLimitConfig::default()] {
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<RateLimitConfig>(&text).unwrap(), config, "{text}");
    }
    assert!(all().validate().is_ok());
}

#[test]
fn it_is_written_in_the_texts_that_people_write() {
    let expected = json!({
        "name": "api",
        "enabled": false,
        "enforce": "50%",
        "by": "client_ip behind 1",
        "limits": [
            { "quota": "10/s burst 20", "algorithm": "token_bucket", "chargeable": false },
            {
                "name": "daily",
                "quota": "1000/day",
                "algorithm": "fixed_window",
                "by": "header x-api-key",
                "anchor": "first_hit",
                "chargeable": true,
                "on_outage": "allow",
                "tiers": { "premium": "50000/day" },
            },
            {
                "quota": "60/min burst 1",
                "algorithm": "shaper",
                "chargeable": false,
                "max_wait": "250ms",
                "max_queued": 9,
            },
        ],
        "on_missing": "reject",
        "skip_preflights": false,
        "skip_paths": ["/healthz"],
        "headers": "per_window",
        "headers_on": "only_denied",
        "reset": "delta",
        "max_keys": 7,
        "on_outage": "deny",
    });
    assert_eq!(serde_json::to_value(all()).unwrap(), expected);
}

#[test]
fn what_is_left_out_has_its_default() {
    assert_eq!(read(json!({})), RateLimitConfig::default());
    let limits = vec![LimitConfig::new(per_hour(5))];
    let expected = RateLimitConfig { limits, ..RateLimitConfig::default() };
    assert_eq!(read(json!({ "limits": [{ "quota": "5/h" }] })), expected);
}

#[test]
fn a_limit_is_a_text_or_a_table() {
    let limits = read(json!({ "limits": ["10/s", { "quota": "10 per second" }] })).limits;
    assert_eq!(limits, [LimitConfig::new(per_second(10)), LimitConfig::new(per_second(10))]);
}

#[test]
fn every_choice_has_a_name() {
    for (name, algorithm) in [
        ("token_bucket", Algorithm::TokenBucket),
        ("leaky_bucket", Algorithm::LeakyBucket),
        ("fixed_window", Algorithm::FixedWindow),
        ("sliding_window", Algorithm::SlidingWindow),
        ("sliding_log", Algorithm::SlidingLog),
        ("shaper", Algorithm::Shaper),
    ] {
        let limit = json!({ "limits": [{ "quota": "5/h", "algorithm": name }] });
        assert_eq!(read(limit).limits[0].algorithm, algorithm);
    }
    for (name, headers) in [
        ("ietf", Headers::Ietf),
        ("legacy", Headers::Legacy),
        ("per_window", Headers::PerWindow),
        ("both", Headers::Both),
        ("none", Headers::None),
    ] {
        assert_eq!(read(json!({ "headers": name })).headers, headers);
    }
    assert_eq!(read(json!({ "headers_on": "always" })).headers_on, HeadersOn::Always);
    assert_eq!(read(json!({ "reset": "epoch" })).reset, Reset::Epoch);
    for (name, missing) in
        [("shared", Missing::Shared), ("pass", Missing::Pass), ("reject", Missing::Reject)]
    {
        assert_eq!(read(json!({ "on_missing": name })).on_missing, missing);
    }
    let outages = [
        ("share", Outage::Share),
        ("local", Outage::Local),
        ("allow", Outage::Allow),
        ("deny", Outage::Deny),
    ];
    for (name, outage) in outages {
        assert_eq!(read(json!({ "on_outage": name })).on_outage, outage);
        let limit = json!({ "limits": [{ "quota": "5/h", "on_outage": name }] });
        assert_eq!(read(limit).limits[0].on_outage, Some(outage));
    }
}

#[test]
fn what_is_not_known_is_an_error() {
    let unknown = |value| error(value).split(',').next().unwrap().to_owned();
    assert_eq!(unknown(json!({ "limit": [] })), "unknown field `limit`");
    let limit = json!({ "limits": [{ "quota": "5/h", "burst": 3 }] });
    assert_eq!(unknown(limit), "unknown field `burst`");
    assert_eq!(unknown(json!({ "headers": "all" })), "unknown variant `all`");
    let limit = json!({ "limits": [{ "quota": "5/h", "algorithm": "gcra" }] });
    assert_eq!(unknown(limit), "unknown variant `gcra`");
    assert_eq!(error(json!({ "limits": [{ "name": "a" }] })), "missing field `quota`");
}

#[test]
fn a_text_that_is_none_says_what_would_be_one() {
    let expected = r#"quota "5 per": expected e.g. "100/min burst 20""#;
    assert_eq!(error(json!({ "limits": ["5 per"] })), expected);
    assert_eq!(error(json!({ "limits": [{ "quota": "5 per" }] })), expected);
    assert_eq!(
        error(json!({ "limits": [5] })),
        r#"invalid type: integer `5`, expected a quota such as "100/min burst 20", or a table with one"#,
    );
    assert_eq!(
        error(json!({ "by": "client_ip behind 65" })),
        r#"key "client_ip behind 65": behind 65, must be 0 to 64 proxies"#,
    );
    let wait = json!({ "limits": [{ "quota": "5/h", "max_wait": "30" }] });
    assert_eq!(error(wait), r#"duration "30": expected e.g. "250ms", "1.5s" or "2m30s""#);
    assert_eq!(
        error(json!({ "by": 5 })),
        r#"invalid type: integer `5`, expected a key such as "client_ip" or "header x-api-key""#,
    );
}
