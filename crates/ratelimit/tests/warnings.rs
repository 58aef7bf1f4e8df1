//! What is said to whoever runs the service: each thing once.

#![cfg(feature = "tracing")]

use http::Request;
use palisade_core::store::MemoryStore;
use palisade_core::test::{Lines, echo};
use palisade_core::{Header, ManualClock};
use palisade_ratelimit::{Missing, RateLimitLayer, RateLimiter, per_second};
use tower::{Layer, ServiceExt};
use tracing::{Level, subscriber};

fn limit() -> RateLimitLayer {
    RateLimitLayer::new(per_second(1)).name("api").clock(ManualClock::new().clock())
}

/// Runs `calls` requests without a header through the layer.
async fn keyless<S>(layer: RateLimitLayer<Header, S>, calls: usize)
where
    RateLimitLayer<Header, S>: Clone,
    S: palisade_core::Respond<Request<()>, Request<()>, std::convert::Infallible>,
{
    for _ in 0..calls {
        let _ = layer.layer(echo()).oneshot(Request::new(())).await;
    }
}

#[tokio::test]
async fn a_missing_key_is_warned_of_once() {
    let lines = Lines::default();
    let _here = subscriber::set_default(lines.clone());
    for missing in [Missing::Shared, Missing::Reject] {
        keyless(limit().by(Header("x-api-key")).on_missing(missing).plain(), 3).await;
        let warnings = lines.of(Level::WARN);
        assert_eq!(warnings.len(), 1, "{missing:?}: {warnings:?}");
        assert!(warnings[0].contains(r#"name="api""#) && warnings[0].contains("(x-api-key)"));
        lines.clear();
    }
    keyless(limit().by(Header("x-api-key")).on_missing(Missing::Pass).plain(), 3).await;
    assert!(lines.of(Level::WARN).is_empty(), "who lets them pass expects them");
}

#[tokio::test]
async fn a_missing_key_is_warned_of_once_if_a_store_decides() {
    let lines = Lines::default();
    let _here = subscriber::set_default(lines.clone());
    keyless(limit().by(Header("x-api-key")).store(MemoryStore::new()).plain(), 3).await;
    assert_eq!(lines.of(Level::WARN).len(), 1);
}

#[tokio::test]
async fn a_limit_that_is_switched_off_warns_of_nothing() {
    let lines = Lines::default();
    let _here = subscriber::set_default(lines.clone());
    let layer = limit().by(Header("x-api-key")).enabled(false).plain();
    keyless(layer.clone(), 3).await;
    keyless(layer.store(MemoryStore::new()), 3).await;
    assert_eq!(lines.of(Level::WARN).len(), 0);
}

#[test]
fn a_full_table_is_warned_of_once() {
    let lines = Lines::default();
    let _here = subscriber::set_default(lines.clone());
    let limiter = RateLimiter::new(per_second(1)).max_keys(1).clock(ManualClock::new().clock());
    for key in ["a", "b", "c", "d"] {
        let _ = limiter.check_key(key);
    }
    assert_eq!(lines.of(Level::WARN).len(), 1);
}

#[test]
fn each_refusal_is_an_event_without_the_key_and_no_pass_is() {
    let lines = Lines::default();
    let _here = subscriber::set_default(lines.clone());
    let limiter = RateLimiter::new(per_second(1)).name("login").clock(ManualClock::new().clock());
    limiter.check_key("alice").unwrap();
    assert!(lines.of(Level::DEBUG).is_empty());

    limiter.check_key("alice").unwrap_err();
    limiter.check_key("alice").unwrap_err();
    let refusals = lines.of(Level::DEBUG);
    assert_eq!(refusals.len(), 2);
    assert!(refusals[0].contains(r#"name="login" reason="rate_limited""#), "{refusals:?}");
    assert!(!refusals[0].contains("alice"));
}
