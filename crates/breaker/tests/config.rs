//! A breaker from a configuration: what it says, and all that is wrong with it.

use std::time::Duration;

use palisade_breaker::{
    Abandoned, BreakerConfig, BreakerLayer, Raised, Ratio, Settings, Throttle, Trip, Window,
};

#[test]
fn nothing_said_is_the_layer_as_it_is_by_default() {
    let layer = BreakerConfig::default().layer().unwrap();
    let (configured, default) =
        (layer.handle().snapshot(), BreakerLayer::new().handle().snapshot());
    assert_eq!(configured, default);
    assert_eq!(configured.settings, Settings::default());
}

#[test]
fn every_rule_that_is_given_holds_and_the_default_only_if_none_is() {
    let config = BreakerConfig {
        consecutive_failures: Some(3),
        slow_rate: Some(Ratio::percent(80)),
        slow_after: Duration::from_secs(2),
        raised_by: Some(Ratio::percent(5)),
        window_calls: Some(50),
        abandoned_after: Duration::ZERO,
        ..BreakerConfig::default()
    };
    let settings = config.settings().unwrap();
    let expected = Trip::consecutive(3)
        .or(Trip::slow_rate(Ratio::percent(80), Duration::from_secs(2)))
        .or(Trip::raised(Raised::new().least_rise(Ratio::percent(5))));
    assert_eq!(settings.trip, expected);
    assert_eq!((settings.window, settings.abandoned), (Window::Calls(50), Abandoned::Neutral));
}

#[test]
fn a_throttle_opens_nothing_unless_a_rule_says_so() {
    let config = BreakerConfig { throttle_percent: Some(150), ..BreakerConfig::default() };
    let settings = config.settings().unwrap();
    assert_eq!(settings.throttle, Some(Throttle::new().k_percent(150)));
    assert_eq!(settings.trip, Trip::never());
}

#[test]
fn all_that_is_wrong_is_said_at_once_with_its_path_value_and_range() {
    let config = BreakerConfig {
        name: String::new(),
        max_keys: 0,
        slow_rate: Some(Ratio::ONE),
        slow_after: Duration::ZERO,
        consecutive_failures: Some(0),
        throttle_percent: Some(99),
        window: Duration::ZERO,
        window_calls: Some(2_000_000),
        open_for: Duration::from_secs(90),
        probes: 0,
        close_after: Some(0),
        probe_timeout: Duration::ZERO,
        half_open_at_most: Duration::ZERO,
        ..BreakerConfig::default()
    };
    let expected = [
        r#"name: "" of 0 bytes, must be 1 to 128 bytes"#,
        "max_keys: 0, must be 1 or more",
        "slow_after: 0s, must be more than nothing",
        "consecutive_failures: 0, must be 1 or more",
        "throttle_percent: 99, must be 100 or more",
        "window_calls: 2000000, must be left out, since a throttle looks at a time",
        "window: 0s, must be 1ms or more",
        "window_calls: 2000000, must be 1 to 1048576",
        "open_at_most: 60s, must be 90s or more, which is open_for",
        "probes: 0, must be 1 or more",
        "close_after: 0, must be 1 or more",
        "probe_timeout: 0s, must be more than nothing",
        "half_open_at_most: 0s, must be more than nothing",
    ];
    assert_eq!(config.validate().unwrap_err().to_string(), expected.join("\n"));
    assert!(config.layer().is_err());
}

#[cfg(feature = "serde")]
mod texts {
    use super::*;

    #[test]
    fn a_file_says_it_in_the_texts_that_the_types_print() {
        let json = r#"{ "name": "payments", "by": "host", "failure_rate": "30%", "window": "30s",
            "failure_threshold": 3, "reset_timeout": "10s", "success_threshold": 2 }"#;
        let config: BreakerConfig = serde_json::from_str(json).unwrap();
        assert_eq!(config.failure_rate, Some(Ratio::percent(30)));
        assert_eq!(config.consecutive_failures, Some(3));
        assert_eq!((config.open_for, config.close_after), (Duration::from_secs(10), Some(2)));

        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<BreakerConfig>(&text).unwrap(), config);
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        let error =
            serde_json::from_str::<BreakerConfig>(r#"{ "failure_rat": "30%" }"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `failure_rat`"), "{error}");
    }
}
