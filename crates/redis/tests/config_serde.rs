//! Where Redis is, in a configuration file.

#![cfg(feature = "serde")]

use std::time::Duration;

use palisade_redis::RedisConfig;
use serde_json::{from_value, json, to_value};

#[test]
fn what_is_written_is_what_is_read() {
    let config = RedisConfig {
        url: "redis://:secret@host".to_owned(),
        pool_size: 10,
        connection_timeout: Duration::from_millis(250),
    };
    let written = to_value(&config).unwrap();
    let expected =
        json!({ "url": "redis://:secret@host", "pool_size": 10, "connection_timeout": "250ms" });
    assert_eq!(written, expected);
    assert_eq!(from_value::<RedisConfig>(written).unwrap(), config);
}

#[test]
fn what_is_left_out_is_the_default() {
    assert_eq!(from_value::<RedisConfig>(json!({})).unwrap(), RedisConfig::default());
}

#[test]
fn what_is_not_known_is_an_error() {
    let error = |value| from_value::<RedisConfig>(value).unwrap_err().to_string();
    assert!(error(json!({ "uri": "redis://host" })).contains("unknown field `uri`"));
    assert!(error(json!({ "connection_timeout": 100 })).contains("invalid type"));
}
