//! Timeouts as data.

use std::time::Duration;

use palisade_core::Ratio;
use palisade_timeout::config::TimeoutConfig;
use palisade_timeout::{Forward, TimeoutLayer};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_config_is_the_layer_that_it_says() {
    let config = TimeoutConfig {
        name: "search".to_owned(),
        enabled: false,
        enforce: Ratio::percent(50),
        head: SECOND,
        idle: Some(SECOND * 2),
        total: Some(SECOND * 3),
        read_deadline: false,
        send_deadline: Forward::Never,
        in_extensions: true,
    };
    let now = config.layer().unwrap().handle().snapshot();
    assert_eq!((now.name, now.enabled, now.enforce), ("search", false, Ratio::percent(50)));
    assert_eq!((now.head, now.idle, now.total), (SECOND, Some(SECOND * 2), Some(SECOND * 3)));
}

#[test]
fn the_default_is_that_of_the_layer() {
    let config = TimeoutConfig { head: SECOND, ..TimeoutConfig::default() };
    let plain = TimeoutLayer::new(SECOND).handle().snapshot();
    assert_eq!(config.layer().unwrap().handle().snapshot(), plain);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let config = TimeoutConfig {
        name: String::new(),
        idle: Some(Duration::ZERO),
        total: Some(Duration::ZERO),
        ..TimeoutConfig::default()
    };
    let problems = config.layer().unwrap_err().to_string();
    let expected = "name: \"\" of 0 bytes, must be 1 to 128 bytes\n\
                    head: 0s, must be more than nothing\n\
                    idle: 0s, must be more than nothing\n\
                    total: 0s, must be more than nothing";
    assert_eq!(problems, expected);
}

#[test]
fn a_total_below_the_head_is_a_contradiction() {
    let config = |total| TimeoutConfig { head: SECOND, total, ..TimeoutConfig::default() };
    assert_eq!(
        config(Some(SECOND / 2)).validate().unwrap_err().to_string(),
        "total: 500ms, must be 1s (the time for the head) or more"
    );
    assert!(config(Some(SECOND)).validate().is_ok());
    assert!(config(None).validate().is_ok());
}
