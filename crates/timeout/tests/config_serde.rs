//! Timeouts in a configuration file.

#![cfg(feature = "serde")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use palisade_core::Ratio;
use palisade_timeout::Forward;
use palisade_timeout::config::TimeoutConfig;
use serde_json::{Value, json};

fn read(value: Value) -> TimeoutConfig {
    serde_json::from_value(value).unwrap()
}

fn error(value: Value) -> String {
    serde_json::from_value::<TimeoutConfig>(value).unwrap_err().to_string()
}

/// Everything that can be said, none of it the default.
fn all() -> TimeoutConfig {
    TimeoutConfig {
        name: "search".to_owned(),
        enabled: false,
        enforce: Ratio::percent(50),
        head: Duration::from_secs(2),
        idle: Some(Duration::from_millis(1_500)),
        total: Some(Duration::from_secs(60)),
        read_deadline: false,
        send_deadline: Forward::Always,
        in_extensions: true,
    }
}

#[test]
fn what_is_written_is_what_is_read() {
    let written = serde_json::to_value(all()).unwrap();
    let expected = json!({
        "name": "search",
        "enabled": false,
        "enforce": "50%",
        "head": "2s",
        "idle": "1.5s",
        "total": "60s",
        "read_deadline": false,
        "send_deadline": "always",
        "in_extensions": true,
    });
    assert_eq!(written, expected);
    assert_eq!(read(written), all());
    let plain = TimeoutConfig::default();
    assert_eq!(read(serde_json::to_value(&plain).unwrap()), plain, "without limits, too");
}

#[test]
fn the_time_for_the_head_has_names_that_people_look_for() {
    for name in ["head", "timeout", "request_timeout"] {
        assert_eq!(read(json!({ name: "2s" })).head, Duration::from_secs(2), "{name}");
    }
}

#[test]
fn what_is_left_out_is_the_default_and_null_is_no_limit() {
    let expected = TimeoutConfig { head: Duration::from_secs(2), ..TimeoutConfig::default() };
    assert_eq!(read(json!({ "head": "2s" })), expected);
    assert_eq!(read(json!({ "head": "2s", "idle": null, "total": null })), expected);
}

#[test]
fn what_is_not_known_is_an_error() {
    assert!(error(json!({ "hed": "2s" })).contains("unknown field `hed`"));
    assert!(error(json!({ "head": 2 })).contains("invalid type"));
    assert!(error(json!({ "idle": 2 })).contains("invalid type"));
    assert!(error(json!({ "send_deadline": "some" })).contains("unknown variant `some`"));
}
