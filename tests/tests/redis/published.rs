//! What is published and what is logged, by a layer's or a store's name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use palisade::test::Lines;
use tracing::Level;

/// The series of the `layer` of this name, such as `store_errors_total kind=unknown`.
pub(crate) fn series(layer: &str, name: &str) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, palisade::metrics::publish);
    let mut found = BTreeMap::new();
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().map(|label| (label.key(), label.value())).collect();
        if !labels.contains(&("layer", layer)) || !labels.contains(&("name", name)) {
            continue;
        }
        let own = labels.iter().filter(|(key, _)| !["layer", "name"].contains(key));
        let own: String = own.map(|(key, value)| format!(" {key}={value}")).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => continue,
        };
        let metric = key.key().name().trim_start_matches("palisade_");
        found.insert(format!("{metric}{own}"), value);
    }
    found
}

/// Begins to keep lines, of all tests of the process: calls are made on threads of all kinds.
pub(crate) fn log() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    LINES.get_or_init(|| {
        let lines = Lines::default();
        tracing::subscriber::set_global_default(lines.clone()).unwrap();
        lines
    })
}

/// What the `layer` of this name has said at this level.
pub(crate) fn said(level: Level, layer: &str, name: &str) -> Vec<String> {
    let about = [format!(" layer={layer:?}"), format!(" name={name:?}")];
    let all = log().of(level).into_iter();
    all.filter(|line| about.iter().all(|part| line.contains(part))).collect()
}
