//! The counters, as series of the `metrics` facade.

use std::collections::BTreeMap;

use metrics::{Label, counter, gauge};

use super::{PREFIX, registry};

/// Writes every layer's series to the `metrics` recorder that is installed now.
///
/// Call it before each scrape: it writes absolute values, so it does not matter when the recorder
/// was installed or how often this is called. Series of layers of equal kind and name are summed;
/// every series of a layer is there, at 0, from the moment the layer is made.
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
        let mut gauges: BTreeMap<&'static str, f64> = BTreeMap::new();
        let mut totals: BTreeMap<&'static str, u64> = BTreeMap::new();
        for observer in sums.observers {
            observer.gauges(&mut |metric, value| *gauges.entry(metric).or_default() += value);
            observer.totals(&mut |metric, value| *totals.entry(metric).or_default() += value);
        }
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
