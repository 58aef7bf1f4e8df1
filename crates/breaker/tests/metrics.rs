//! What a breaker publishes.

mod support;

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use palisade_breaker::{BreakerLayer, Header, Ratio, Trip};
use palisade_core::ManualClock;
use palisade_core::telemetry::publish;
use parking_lot::Mutex;
use support::upstream::{Manner, Upstream};
use support::{breaker, fail, seconds, succeed, touchy};
use tower::{Layer, Service, ServiceExt};

/// A `publish` holds every layer for as long as it takes: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What a recorder that is installed now is given of the layer of this name, without labels that
/// are the same for all.
fn published(name: &str) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, publish);
    let mut series = BTreeMap::new();
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let key = key.key();
        if !key.labels().any(|label| label.key() == "name" && label.value() == name) {
            continue;
        }
        let own = key.labels().filter(|label| !matches!(label.key(), "name" | "layer"));
        let own: Vec<_> = own.map(|label| label.value().to_owned()).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => f64::NAN,
        };
        series.insert(format!("{} {}", key.name(), own.join(" ")).trim().to_owned(), value);
    }
    series
}

/// Those of the series that are not zero.
fn raised(name: &str) -> Vec<(String, f64)> {
    published(name).into_iter().filter(|&(_, value)| value != 0.0).collect()
}

fn pairs<const N: usize>(pairs: [(&str, f64); N]) -> Vec<(String, f64)> {
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

#[test]
fn every_series_is_there_from_the_start() {
    let _alone = ALONE.lock();
    let (breaker, _) = breaker();
    let _breaker = breaker.name("fresh");
    let expected = [
        ("palisade_breaker_failure_ratio", 0.0),
        ("palisade_breaker_keys", 0.0),
        ("palisade_breaker_state closed", 1.0),
        ("palisade_breaker_state forced_open", 0.0),
        ("palisade_breaker_state half_open", 0.0),
        ("palisade_breaker_state open", 0.0),
        ("palisade_breaker_transitions_total closed forced_open", 0.0),
        ("palisade_breaker_transitions_total closed open", 0.0),
        ("palisade_breaker_transitions_total forced_open closed", 0.0),
        ("palisade_breaker_transitions_total half_open closed", 0.0),
        ("palisade_breaker_transitions_total half_open forced_open", 0.0),
        ("palisade_breaker_transitions_total half_open open", 0.0),
        ("palisade_breaker_transitions_total open closed", 0.0),
        ("palisade_breaker_transitions_total open forced_open", 0.0),
        ("palisade_breaker_transitions_total open half_open", 0.0),
        ("palisade_in_flight", 0.0),
        ("palisade_rejections_total circuit_open", 0.0),
        ("palisade_rejections_total key_missing", 0.0),
        ("palisade_requests_total abandoned", 0.0),
        ("palisade_requests_total failed", 0.0),
        ("palisade_requests_total ignored", 0.0),
        ("palisade_requests_total passed", 0.0),
        ("palisade_requests_total rejected", 0.0),
        ("palisade_requests_total shadowed", 0.0),
    ];
    assert_eq!(published("fresh").into_iter().collect::<Vec<_>>(), pairs(expected));
}

#[test]
fn each_change_is_counted_and_one_state_is_one() {
    let _alone = ALONE.lock();
    let (breaker, clock) = touchy();
    let breaker = breaker.name("changes").probes(1);
    succeed(&breaker, 3);
    fail(&breaker, 1);
    assert!(breaker.try_acquire().is_err());
    let open = [
        ("palisade_breaker_failure_ratio", 0.25),
        ("palisade_breaker_state open", 1.0),
        ("palisade_breaker_transitions_total closed open", 1.0),
        ("palisade_rejections_total circuit_open", 1.0),
        ("palisade_requests_total failed", 1.0),
        ("palisade_requests_total passed", 3.0),
        ("palisade_requests_total rejected", 1.0),
    ];
    assert_eq!(raised("changes"), pairs(open));
    clock.advance(seconds(20));
    let _probe = breaker.try_acquire().unwrap();
    let half_open = [
        ("palisade_breaker_state half_open", 1.0),
        ("palisade_breaker_transitions_total closed open", 1.0),
        ("palisade_breaker_transitions_total open half_open", 1.0),
        ("palisade_in_flight", 1.0),
    ];
    let raised: Vec<_> = raised("changes");
    for pair in pairs(half_open) {
        assert!(raised.contains(&pair), "{pair:?} in {raised:?}");
    }
    assert_eq!(raised.iter().filter(|(key, _)| key.contains("breaker_state")).count(), 1);
    assert!(!raised.iter().any(|(key, _)| key.contains("ratio")), "long ago");
}

#[tokio::test]
async fn of_a_keyed_one_the_circuits_in_each_state_are_counted() {
    let layer = BreakerLayer::new().clock(ManualClock::new().clock()).trip(Trip::consecutive(1));
    let layer = layer.jitter(Ratio::ZERO).name("keys").by(Header("x-host"));
    let upstream = Upstream::new(Manner::Status(200));
    let mut service = layer.layer(upstream.clone());
    for (host, status) in [("a", 200), ("b", 500), ("c", 500), ("c", 500)] {
        upstream.set(Manner::Status(status));
        let request = http::Request::builder().header("x-host", host).body(()).unwrap();
        assert!(service.ready().await.unwrap().call(request).await.is_ok());
    }
    let expected = [
        ("palisade_breaker_keys", 3.0),
        ("palisade_breaker_state closed", 1.0),
        ("palisade_breaker_state open", 2.0),
        ("palisade_breaker_transitions_total closed open", 2.0),
        ("palisade_rejections_total circuit_open", 1.0),
        ("palisade_requests_total failed", 2.0),
        ("palisade_requests_total passed", 1.0),
        ("palisade_requests_total rejected", 1.0),
    ];
    let _alone = ALONE.lock();
    assert_eq!(raised("keys"), pairs(expected));
}
