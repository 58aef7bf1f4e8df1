//! What is published: every series from the start, and the values that it should have.

mod scripted;

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use palisade_bulkhead::{BulkheadLayer, Ratio};
use palisade_core::telemetry::publish;
use palisade_core::test::echo;
use tokio_test::{assert_ready_err, assert_ready_ok};
use tower::{Layer, ServiceExt};

use self::scripted::{WAIT, call, due_in, scripted, start};

/// The series of layers of this name, as `name{label=value}` without the labels `layer` and `name`;
/// a histogram as the sum of what was recorded.
fn series(snapshotter: &Snapshotter, name: &str) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let key = key.key();
        let mut labels: BTreeMap<_, _> = key.labels().map(|l| (l.key(), l.value())).collect();
        if (labels.remove("layer"), labels.remove("name")) != (Some("bulkhead"), Some(name)) {
            continue;
        }
        let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => values.iter().map(|value| value.into_inner()).sum(),
        };
        found.insert(format!("{}{{{}}}", key.name(), labels.join(",")), value);
    }
    found
}

#[tokio::test(start_paused = true)]
async fn the_series_say_what_happened() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let layer = BulkheadLayer::new(1).max_queued(1).max_wait(WAIT).name("published");
    let (service, script, handle) = scripted(layer);
    publish();
    let before = series(&snapshotter, "published");
    assert_eq!(before.get("palisade_limit{}"), Some(&1.0));
    let others = before.iter().filter(|(key, _)| *key != "palisade_limit{}");
    assert!(others.clone().all(|(_, value)| *value == 0.0), "{before:?}");

    let mut first = start(&service, 0);
    let waits = start(&service, 1);
    assert_ready_err!(call(&service, 2).poll());
    publish();
    let during = series(&snapshotter, "published");
    assert_eq!(during["palisade_bulkhead_in_use{}"], 1.0);
    assert_eq!(during["palisade_bulkhead_queued{}"], 1.0);
    assert_eq!(during["palisade_in_flight{}"], 2.0);

    // One waits in vain, and one for half as long.
    waits.into_inner().await.unwrap_err();
    let mut second = start(&service, 3);
    tokio::time::sleep(WAIT / 2).await;
    script.try_next_call().unwrap().respond(0);
    assert_ready_ok!(first.poll());
    assert!(second.poll().is_pending());
    script.try_next_call().unwrap().fail("broken");
    assert_ready_err!(second.poll());
    due_in(std::time::Duration::ZERO).enter(|| assert_ready_err!(call(&service, 4).poll()));
    let gone = start(&service, 5);
    handle.set_max_queued(0);
    assert_ready_err!(call(&service, 6).poll());
    handle.set_enforce(Ratio::ZERO);
    let shadow = start(&service, 7);
    drop((gone, shadow));
    handle.set_max_concurrent(9);
    publish();
    let after = series(&snapshotter, "published");
    let expected = [
        ("bulkhead_in_use{}", 0.0),
        ("bulkhead_queued{}", 0.0),
        ("in_flight{}", 0.0),
        ("limit{}", 9.0),
        ("rejections_total{reason=bulkhead_full}", 1.0),
        ("rejections_total{reason=expired}", 1.0),
        ("rejections_total{reason=key_missing}", 0.0),
        ("rejections_total{reason=queue_full}", 1.0),
        ("rejections_total{reason=queue_timeout}", 1.0),
        ("requests_total{outcome=abandoned}", 1.0),
        ("requests_total{outcome=failed}", 1.0),
        ("requests_total{outcome=passed}", 1.0),
        ("requests_total{outcome=rejected}", 4.0),
        ("requests_total{outcome=shadowed}", 1.0),
        ("wait_seconds{}", WAIT.as_secs_f64() * 1.5),
    ];
    let expected: BTreeMap<_, _> =
        expected.into_iter().map(|(key, value)| (format!("palisade_{key}"), value)).collect();
    assert_eq!(after, expected);
}

#[tokio::test(start_paused = true)]
async fn how_long_a_service_waits_to_be_ready_is_recorded() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let layer = BulkheadLayer::new(1).name("ready");
    let mut first = layer.clone().backpressure().plain().layer(echo::<u32>());
    let second = first.clone();
    first.ready().await.unwrap();
    let hold = async {
        tokio::time::sleep(WAIT).await;
        drop(first);
    };
    let (second, ()) = tokio::join!(second.ready_oneshot(), hold);
    assert!(second.is_ok());
    let wait = series(&snapshotter, "ready")["palisade_wait_seconds{}"];
    assert_eq!(wait, WAIT.as_secs_f64());
}
