//! Bulkheads in a configuration file.

#![cfg(feature = "serde")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use palisade_bulkhead::config::BulkheadConfig;
use palisade_bulkhead::{Missing, Ratio, Until};
use serde_json::{Value, json};

fn read(value: Value) -> BulkheadConfig {
    serde_json::from_value(value).unwrap()
}

fn error(value: Value) -> String {
    serde_json::from_value::<BulkheadConfig>(value).unwrap_err().to_string()
}

/// Everything that can be said, none of it the default.
fn all() -> BulkheadConfig {
    BulkheadConfig {
        name: "search".to_owned(),
        enabled: false,
        enforce: Ratio::percent(50),
        by: "header x-tenant".parse().unwrap(),
        max_concurrent: 20,
        max_queued: 10,
        max_wait: Duration::from_millis(250),
        until: Until::Head,
        on_missing: Missing::Reject,
        max_keys: 7,
    }
}

#[test]
fn what_is_written_is_what_is_read() {
    let written = serde_json::to_value(all()).unwrap();
    let expected = json!({
        "name": "search",
        "enabled": false,
        "enforce": "50%",
        "by": "header x-tenant",
        "max_concurrent": 20,
        "max_queued": 10,
        "max_wait": "250ms",
        "until": "head",
        "on_missing": "reject",
        "max_keys": 7,
    });
    assert_eq!(written, expected);
    assert_eq!(read(written), all());
}

#[test]
fn what_is_left_out_is_the_default() {
    let config = read(json!({ "max_concurrent": 5 }));
    assert_eq!(config, BulkheadConfig { max_concurrent: 5, ..BulkheadConfig::default() });
    let snapshot = config.layer().unwrap().handle().snapshot();
    let plain = palisade_bulkhead::BulkheadLayer::new(5).handle().snapshot();
    assert_eq!(snapshot, plain, "the default of the config is that of the layer");
}

#[test]
fn what_is_not_known_is_an_error() {
    assert!(error(json!({ "max_concurent": 5 })).contains("unknown field `max_concurent`"));
    assert!(error(json!({ "max_wait": 5 })).contains("invalid type"));
    assert!(error(json!({ "until": "tail" })).contains("unknown variant `tail`"));
}
