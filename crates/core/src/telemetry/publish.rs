//! The counters, as series of the `metrics` facade.

use metrics::{Label, counter, gauge};

use super::PREFIX;
use super::registry::{self, Seen};

/// Writes every layer's series to the `metrics` recorder that is installed now.
///
/// Call it before each scrape: it writes absolute values, so it does not matter when the recorder
/// was installed or how often this is called. Series of layers of equal kind and name are summed;
/// every series of a layer is there, at 0, from the moment the layer is made. When a layer is
/// dropped its counters stay where they are, and its gauges go to 0.
///
/// Costs a few microseconds per layer and thread; never called by a layer.
pub fn publish() {
    for ((layer, name), sums) in registry::sums() {
        let labels = || {
            vec![Label::from_static_parts("layer", layer), Label::from_static_parts("name", name)]
        };
        for series in sums.schema.series {
            let (key, value) = series.label;
            let mut labels = labels();
            labels.push(Label::from_static_parts(key, value));
            let count = sums.counters[series.counter.index()];
            counter!(full_name(series.metric), labels).absolute(count);
        }
        gauge!(full_name("in_flight"), labels()).set(sums.in_flight as f64);
        let Seen { gauges, totals } = sums.observe();
        for (metric, value) in gauges {
            gauge!(full_name(metric), labels()).set(value);
        }
        for (metric, value) in totals {
            counter!(full_name(metric), labels()).absolute(value);
        }
    }
}

fn full_name(metric: &'static str) -> String {
    [PREFIX, metric].concat()
}
