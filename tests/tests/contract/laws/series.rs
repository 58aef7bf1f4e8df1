//! Metrics: every series is there from the start, and says what happened.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use palisade::Ratio;

use super::row;
use crate::support::{call, get, late, ok, pass};

/// A name of this row's own: two rows may be of one kind, and their tests run side by side.
fn own(name: &str) -> String {
    format!("{name} of {}", module_path!())
}

/// The layer's series, as `name{label="value"}` without the labels `layer` and `name`.
fn series(name: &str) -> BTreeMap<String, f64> {
    let (recorder, own) = (DebuggingRecorder::new(), own(name));
    metrics::with_local_recorder(&recorder, palisade::metrics::publish);
    let mut found = BTreeMap::new();
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let (_, key) = key.into_parts();
        let mut labels: BTreeMap<_, _> = key.labels().map(|l| (l.key(), l.value())).collect();
        if (labels.remove("layer"), labels.remove("name")) != (Some(row::KIND), Some(&*own)) {
            continue;
        }
        let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => continue,
        };
        let before = found.insert(format!("{}{{{}}}", key.name(), labels.join(",")), value);
        assert_eq!(before, None, "published twice");
    }
    found
}

fn outcome(outcome: &str) -> String {
    format!("palisade_requests_total{{outcome={outcome}}}")
}

fn rejections() -> String {
    format!("palisade_rejections_total{{reason={}}}", row::REASON)
}

#[tokio::test(start_paused = true)]
async fn every_series_is_there_at_zero_from_the_start() {
    let layer = row::strict().name(own("zero"));
    let seen = series("zero");
    for outcome in ["passed", "rejected", "shadowed", "abandoned"].map(outcome) {
        assert_eq!(seen.get(&outcome), Some(&0.0), "{outcome} of {seen:?}");
    }
    assert_eq!(seen.get(&rejections()), Some(&0.0), "{seen:?}");
    assert_eq!(seen.get("palisade_in_flight{}"), Some(&0.0), "{seen:?}");

    // And no other turns up later.
    row::spend(&layer).await;
    call(&layer, late(ok()), get()).await.unwrap();
    assert_eq!(series("zero").keys().collect::<Vec<_>>(), seen.keys().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_series_count_what_happened() {
    let layer = row::strict().name(own("count"));
    row::spend(&layer).await;
    for _ in 0..3 {
        call(&layer, late(ok()), get()).await.unwrap();
    }
    layer.handle().set_enforce(Ratio::ZERO);
    call(&layer, late(ok()), get()).await.unwrap();
    layer.handle().set_enforce(Ratio::ONE);
    row::loosen(&layer.handle());
    pass(&layer).await;
    let slow = tokio::spawn(call(&layer, late(ok()), get()));
    tokio::task::yield_now().await;

    let held = f64::from(u8::from(row::HOLDS));
    let seen = series("count");
    assert_eq!(seen[&outcome("passed")], row::SPENT as f64 + 2.0 - held);
    assert_eq!(seen[&outcome("rejected")], 3.0);
    assert_eq!(seen[&rejections()], 3.0);
    assert_eq!(seen[&outcome("shadowed")], 1.0);
    assert_eq!(seen[&outcome("abandoned")], 0.0);
    assert_eq!(seen["palisade_in_flight{}"], held);

    slow.abort();
    let _ = slow.await;
    let seen = series("count");
    assert_eq!(seen[&outcome("abandoned")], held);
    assert_eq!(seen["palisade_in_flight{}"], 0.0);
}

#[tokio::test(start_paused = true)]
async fn the_series_and_the_snapshot_agree() {
    let layer = row::strict().name(own("agree"));
    row::spend(&layer).await;
    for _ in 0..2 {
        call(&layer, late(ok()), get()).await.unwrap();
    }
    let (seen, snapshot) = (series("agree"), layer.handle().snapshot());
    assert_eq!(seen[&outcome("passed")], snapshot.passed as f64);
    assert_eq!(seen[&outcome("rejected")], snapshot.rejected as f64);
    assert_eq!(seen[&outcome("shadowed")], snapshot.shadowed as f64);
    assert_eq!(seen[&outcome("abandoned")], snapshot.abandoned as f64);
}

#[tokio::test(start_paused = true)]
async fn layers_of_one_name_are_summed() {
    let (one, other) = (row::generous().name(own("sum")), row::generous().name(own("sum")));
    pass(&one).await;
    pass(&other).await;
    pass(&other).await;
    assert_eq!(series("sum")[&outcome("passed")], 3.0);
}
