//! What a layer has published.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};

/// The series of the layers of this kind and name, as `metric{label=value}` without the labels `layer`
/// and `name`.
pub(crate) fn series(kind: &str, name: &str) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, palisade::metrics::publish);
    let mut found = BTreeMap::new();
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let (_, key) = key.into_parts();
        let mut labels: BTreeMap<_, _> = key.labels().map(|l| (l.key(), l.value())).collect();
        if (labels.remove("layer"), labels.remove("name")) != (Some(kind), Some(name)) {
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

/// The name of the series of calls that ended so.
pub(crate) fn outcome(outcome: &str) -> String {
    format!("palisade_requests_total{{outcome={outcome}}}")
}

/// The name of the series of calls under way.
pub(crate) const IN_FLIGHT: &str = "palisade_in_flight{}";
