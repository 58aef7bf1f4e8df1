//! What is published.

mod support;

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use palisade_core::per_hour;
use palisade_core::store::{Outage, Store as _};
use palisade_ratelimit::FixedWindow;
use palisade_resilient_store::ResilientStore;
use support::{Fickle, Mode, ask, charge, passing, policy, seconds};
use tokio::time::sleep;

/// The series of the store of this name.
fn series(name: &str) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, palisade_core::telemetry::publish);
    let mut found = BTreeMap::new();
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().map(|label| (label.key(), label.value())).collect();
        if !labels.contains(&("layer", "store")) || !labels.contains(&("name", name)) {
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
async fn every_series_is_there_at_nothing_from_the_start() {
    let _store = ResilientStore::new(Fickle::new()).name("new");
    let seen = series("new");
    for name in [
        "store_errors_total kind=not_sent",
        "store_errors_total kind=unknown",
        "store_errors_total kind=rejected",
        "store_errors_total kind=timed_out",
        "store_decisions_total source=store",
        "store_decisions_total source=share",
        "store_decisions_total source=local",
        "store_decisions_total source=open",
        "store_decisions_total source=denied",
        "store_resyncs_total outcome=done",
        "store_resyncs_total outcome=unknown",
        "store_degraded",
        "store_keys",
    ] {
        assert_eq!(seen.get(&format!("palisade_{name}")), Some(&0.0), "{name}");
    }
    assert_eq!(seen["palisade_store_healthy"], 1.0);
}

#[tokio::test(start_paused = true)]
async fn an_outage_shows() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone()).name("away");
    let limit = policy(FixedWindow::new(per_hour(100)), Outage::Local);
    let denied = policy(FixedWindow::new(per_hour(100)), Outage::Deny);
    let read = |name: &str| series("away")[&format!("palisade_{name}")];
    assert_eq!(passing(&store, &limit, "a", 5).await, 5);
    fickle.set(Mode::ReadOnly);
    assert_eq!(passing(&store, &limit, "a", 5).await, 5);
    store
        .execute(palisade_core::algorithm::Op::Decide, vec![charge(&denied, "a", 1)])
        .await
        .unwrap_err();
    assert_eq!(read("store_decisions_total source=store"), 5.0);
    assert_eq!(read("store_decisions_total source=local"), 5.0);
    assert_eq!(read("store_decisions_total source=denied"), 1.0);
    assert_eq!(read("store_errors_total kind=rejected"), 3.0, "then it is not asked");
    assert_eq!((read("store_degraded"), read("store_keys")), (1.0, 1.0));
    sleep(seconds(1)).await;
    assert_eq!(read("store_healthy"), 0.0);

    fickle.set(Mode::Up);
    sleep(seconds(12)).await;
    ask(&store, &limit, "a").await;
    ask(&store, &limit, "a").await;
    assert_eq!((read("store_degraded"), read("store_healthy")), (0.0, 1.0));
    assert_eq!(read("store_resyncs_total outcome=done"), 1.0);
    assert_eq!(read("store_instances"), 1.0);
}
