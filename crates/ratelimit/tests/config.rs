//! Rate limits as data, without a format: what is checked, and what is built.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::time::Duration;

use http::Request;
use palisade_core::Ratio;
use palisade_core::key::By;
use palisade_ratelimit::config::{Algorithm, LimitConfig, RateLimitConfig};
use palisade_ratelimit::{
    Anchor, Headers, HeadersOn, Missing, Outage, Quota, RateLimitLayer, Reset, per_day, per_hour,
    per_minute, per_second,
};
use tower::Layer;

use self::support::calls::{count, get, ok, passes, refusal, said, send};

fn config(limits: impl IntoIterator<Item = LimitConfig>) -> RateLimitConfig {
    RateLimitConfig { limits: limits.into_iter().collect(), ..RateLimitConfig::default() }
}

fn by(text: &str) -> By {
    text.parse().unwrap()
}

/// Everything that is wrong, a line each.
fn wrong(config: &RateLimitConfig) -> String {
    let problems = config.validate().unwrap_err();
    assert_eq!(config.layer().unwrap_err(), problems, "no layer is made of it");
    problems.to_string()
}

fn limit(algorithm: Algorithm, quota: Quota) -> LimitConfig {
    LimitConfig { algorithm, ..LimitConfig::new(quota) }
}

#[test]
fn every_default_is_the_layers() {
    let RateLimitConfig {
        name,
        enabled,
        enforce,
        by,
        limits,
        on_missing,
        skip_preflights,
        skip_paths,
        headers,
        headers_on,
        reset,
        max_keys,
        on_outage,
    } = RateLimitConfig::default();
    assert_eq!((name.as_str(), enabled, enforce), ("default", true, Ratio::ONE));
    assert_eq!((by.to_string().as_str(), limits.len()), ("global", 0));
    assert_eq!((on_missing, skip_preflights, skip_paths.len()), (Missing::Shared, true, 0));
    assert_eq!((headers, headers_on), (Headers::Ietf, HeadersOn::Always));
    assert_eq!((reset, max_keys, on_outage), (Reset::Epoch, 1_000_000, Outage::Share));

    let configured = config([LimitConfig::new(per_second(5))]).layer().unwrap();
    let plain = RateLimitLayer::new(per_second(5));
    assert_eq!(configured.handle().snapshot(), plain.handle().snapshot());
    assert_eq!(format!("{configured:?}"), format!("{plain:?}"));
}

#[tokio::test(start_paused = true)]
async fn the_layer_does_what_the_configuration_says() {
    let config = RateLimitConfig {
        name: "api".to_owned(),
        by: by("header x-user"),
        limits: vec![
            LimitConfig::new(per_minute(2)),
            LimitConfig {
                name: Some("tenant".to_owned()),
                by: Some(by("header x-tenant")),
                tiers: [("premium".to_owned(), per_day(9))].into(),
                ..LimitConfig::new(per_day(3))
            },
        ],
        on_missing: Missing::Pass,
        skip_preflights: false,
        skip_paths: vec!["/healthz".to_owned(), "/internal/*".to_owned()],
        headers: Headers::Both,
        headers_on: HeadersOn::OnlyDenied,
        reset: Reset::Delta,
        ..RateLimitConfig::default()
    };
    let layer = config.layer().unwrap();
    let mut service = layer.layer(ok());
    let of = |user: &str| get([("x-user", user), ("x-tenant", "acme")]);
    let response = send(&mut service, of("a")).await;
    assert_eq!(response.headers().len(), 0, "only denied");
    assert!(passes(&mut service, of("a")).await);
    assert_eq!(refusal(&mut service, of("a")).await.unwrap().name(), "api-minute");
    assert!(passes(&mut service, of("b")).await);
    let response = send(&mut service, of("b")).await;
    assert_eq!(said(&response, "x-ratelimit-reset"), "28800", "a third of a day");
    assert!(said(&response, "ratelimit").contains(r#""tenant";r=0;t=28800"#));

    assert_eq!(count(&mut service, || get([])).await, 1_000, "without a key it passes");
    for path in ["/healthz", "/internal/", "/internal/a/b"] {
        let request = || Request::get(path).header("x-user", "a").body(()).unwrap();
        assert!(passes(&mut service, request()).await, "{path}");
    }
    let preflight = Request::options("/").header("x-user", "a");
    let preflight = preflight.header("access-control-request-method", "GET").body(()).unwrap();
    assert!(!passes(&mut service, preflight).await);
    assert_eq!(layer.handle().snapshot().limits[1].tiers, [("premium".to_owned(), per_day(9))]);
}

#[test]
fn switches_keys_and_outages_are_the_configurations() {
    let config = RateLimitConfig {
        enabled: false,
        enforce: Ratio::percent(25),
        max_keys: 1,
        on_outage: Outage::Deny,
        ..config([LimitConfig::new(per_second(1))])
    };
    let seen = config.layer().unwrap().handle().snapshot();
    assert_eq!((seen.enabled, seen.enforce), (false, Ratio::percent(25)));
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_a_limit_in_an_outage_is_what_it_says_or_else_the_layer() {
    let limit = |on_outage| LimitConfig { on_outage, ..LimitConfig::new(per_second(9)) };
    let limits = [limit(None), limit(Some(Outage::Allow))];
    let config = RateLimitConfig { on_outage: Outage::Deny, ..config(limits) };
    let (store, mut questions) = support::scripted::passing();
    send(&mut config.layer().unwrap().store(store).layer(ok()), get([])).await;
    let (_, charges) = questions.charges().unwrap();
    let outages: Vec<_> = charges.iter().map(|charge| charge.policy.outage()).collect();
    assert_eq!(outages, [Outage::Deny, Outage::Allow]);
}

#[tokio::test]
async fn a_limit_that_may_be_charged_keeps_bills() {
    for chargeable in [false, true] {
        let limit = LimitConfig { chargeable, ..LimitConfig::new(per_second(9)) };
        let handler = tower::service_fn(move |_: Request<()>| async move {
            assert_eq!(palisade_ratelimit::Bill::current().is_some(), chargeable);
            Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
        });
        send(&mut config([limit]).layer().unwrap().layer(handler), get([])).await;
    }
}

#[test]
fn each_algorithm_is_a_layer() {
    use Algorithm::{FixedWindow, LeakyBucket, Shaper, SlidingLog, SlidingWindow, TokenBucket};
    for algorithm in [TokenBucket, LeakyBucket, FixedWindow, SlidingWindow, SlidingLog, Shaper] {
        let layer = config([limit(algorithm, per_second(5))]).layer().unwrap();
        // A shaper spaces calls evenly, unless its quota has a burst of its own.
        let burst = if algorithm == Shaper { 1 } else { 5 };
        let quota = layer.handle().snapshot().quota;
        assert_eq!(quota, per_second(5).burst(burst), "{algorithm:?}");
    }
    let window = LimitConfig { anchor: Some(Anchor::FirstHit), ..limit(FixedWindow, per_hour(5)) };
    let shaper = LimitConfig {
        max_wait: Some(Duration::from_millis(250)),
        max_queued: Some(9),
        ..limit(Shaper, per_second(5).burst(2))
    };
    assert!(config([window, shaper]).validate().is_ok());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let bad = RateLimitConfig {
        name: String::new(),
        limits: vec![
            LimitConfig { name: Some("x".repeat(129)), ..LimitConfig::new(per_second(1)) },
            LimitConfig {
                name: Some("twice".to_owned()),
                anchor: Some(Anchor::FirstHit),
                max_wait: Some(Duration::from_millis(250)),
                max_queued: Some(9),
                ..LimitConfig::new(per_second(1))
            },
            LimitConfig {
                name: Some("twice".to_owned()),
                tiers: [("premium".to_owned(), per_hour(9).burst(3))].into(),
                ..limit(Algorithm::FixedWindow, per_hour(5).burst(2))
            },
            limit(Algorithm::SlidingLog, per_day(10_001)),
        ],
        skip_paths: vec!["/ok".to_owned(), "healthz".to_owned(), String::new()],
        max_keys: 0,
        ..RateLimitConfig::default()
    };
    let expected = [
        r#"name: "" of 0 bytes, must be 1 to 128 bytes"#,
        r#"limits[0].name: "xxxxxxxxxxxxxxxx" of 129 bytes, must be 1 to 128 bytes"#,
        "limits[1].anchor: first_hit, must be left out unless the algorithm is fixed_window",
        "limits[1].max_wait: 250ms, must be left out unless the algorithm is shaper",
        "limits[1].max_queued: 9, must be left out unless the algorithm is shaper",
        r#"limits[2].quota: "5/h burst 2", must be without a burst, which a window does not have"#,
        r#"limits[2].tiers.premium: "9/h burst 3", must be without a burst, which a window does not have"#,
        r#"limits[2].name: "twice", must be another name than before"#,
        r#"limits[3].quota: "10001/day", must be 10000 at most, since a sliding_log keeps each call"#,
        r#"skip_paths[1]: "healthz", must be a path that begins with /"#,
        r#"skip_paths[2]: "", must be a path that begins with /"#,
        "max_keys: 0, must be 1 or more",
    ];
    assert_eq!(wrong(&bad), expected.join("\n"));
}

#[test]
fn there_are_one_to_255_limits_and_255_tiers_at_most() {
    let limits = |count| config(vec![LimitConfig::new(per_second(1)); count]);
    assert_eq!(wrong(&limits(0)), "limits: 0 limits, must be 1 to 255 limits");
    assert_eq!(wrong(&limits(256)), "limits: 256 limits, must be 1 to 255 limits");
    assert!(limits(255).validate().is_ok());

    let tiers = |count| {
        let tiers = (0..count).map(|tier| (tier.to_string(), per_second(1))).collect();
        config([LimitConfig { tiers, ..LimitConfig::new(per_second(1)) }])
    };
    assert_eq!(wrong(&tiers(256)), "limits[0].tiers: 256 tiers, must be 255 tiers at most");
    assert!(tiers(255).validate().is_ok());
}

#[test]
fn settings_at_the_ends_of_their_ranges_are_right() {
    let named = |name: String| RateLimitConfig { name, ..config([LimitConfig::new(per_day(0))]) };
    assert!(named("x".to_owned()).validate().is_ok());
    assert!(named("x".repeat(128)).validate().is_ok());
    assert!(named("x".repeat(129)).validate().is_err());
    assert!(config([limit(Algorithm::SlidingLog, per_day(10_000))]).validate().is_ok());
    let one_key = RateLimitConfig { max_keys: 1, ..named("x".to_owned()) };
    assert!(one_key.validate().is_ok());
}
