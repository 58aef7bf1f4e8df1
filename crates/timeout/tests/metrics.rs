//! What is published.

mod support;

use std::collections::BTreeMap;

use http::{Request, Response};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use palisade_core::test::pending;
use palisade_timeout::TimeoutLayer;
use support::{Slow, answer, millis, read};
use tower::{Layer, ServiceExt};

/// The series of the timeout of this name.
fn series(name: &str) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, palisade_core::telemetry::publish);
    let mut found = BTreeMap::new();
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().map(|label| (label.key(), label.value())).collect();
        if !labels.contains(&("layer", "timeout")) || !labels.contains(&("name", name)) {
            continue;
        }
        let own = labels.iter().filter(|(key, _)| !["layer", "name"].contains(key));
        let own: String = own.map(|(key, value)| format!(" {key}={value}")).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => continue,
        };
        found.insert(format!("{}{own}", key.key().name()), value);
    }
    found
}

#[tokio::test(start_paused = true)]
async fn what_was_late_is_told_apart_and_there_from_the_start() {
    let layer = TimeoutLayer::new(millis(100)).idle(millis(10)).total(millis(200)).name("late");
    let rejected = |what: &str| format!("palisade_rejections_total reason={what}");
    let late = |what: &str| format!("palisade_timeouts_total late={what}");
    let names =
        [rejected("timed_out"), rejected("expired"), late("head"), late("idle"), late("total")];
    let values = || {
        let seen = series("late");
        names.clone().map(|name| seen[&name])
    };
    assert_eq!(values(), [0.0; 5]);

    let hangs = || layer.layer(pending::<_, Response<String>>());
    hangs().oneshot(Request::new(())).await.unwrap();
    let expired = Request::get("/").header("x-request-timeout-ms", "0").body(()).unwrap();
    hangs().oneshot(expired).await.unwrap();
    for apart in [millis(50), millis(5)] {
        for _ in 0..2 {
            let response = Response::new(Slow::frames(100, apart));
            let body = answer(layer.clone(), Request::new(()), response).await.into_body();
            assert!(read(body).await.1.is_some());
        }
    }
    assert_eq!(values(), [5.0, 1.0, 1.0, 2.0, 2.0]);

    let seen = series("late");
    assert_eq!(seen["palisade_requests_total outcome=rejected"], 6.0);
    assert_eq!(seen["palisade_timeout_seconds"], 0.1);
    assert_eq!(seen["palisade_in_flight"], 0.0);
}
