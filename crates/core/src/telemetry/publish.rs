//! The counters, as series of the `metrics` facade.

use metrics::{Label, counter, describe_counter, describe_gauge, describe_histogram, gauge};

use super::registry::{self, Seen};
use super::{Metric, PREFIX};

/// Writes every layer's series to the `metrics` recorder that is installed now.
///
/// Call it before each scrape: it writes absolute values, so it does not matter when the recorder
/// was installed or how often this is called. Series of layers of equal kind and name are summed;
/// every series of a layer is there, at 0, from the moment the layer is made. When a layer is
/// dropped its counters stay where they are, and its gauges go to 0.
///
/// Costs a few microseconds per layer and thread; never called by a layer.
pub fn publish() {
    describe();
    for ((layer, name), sums) in registry::sums() {
        if sums.schema.series.is_empty() {
            continue;
        }
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
            gauge!(full_name(metric.name), labelled(labels(), metric)).set(value);
        }
        for (metric, value) in totals {
            counter!(full_name(metric.name), labelled(labels(), metric)).absolute(value);
        }
    }
}

fn labelled(mut labels: Vec<Label>, metric: Metric) -> Vec<Label> {
    labels.extend(metric.labels.iter().map(|&(key, value)| Label::from_static_parts(key, value)));
    labels
}

fn full_name(metric: &'static str) -> String {
    [PREFIX, metric].concat()
}

/// What the series say, for the recorders that show it.
fn describe() {
    const COUNTERS: [(&str, &str); 13] = [
        (
            "requests_total",
            "Calls by what became of them; shadowed ones passed below full enforcement.",
        ),
        ("rejections_total", "Refused calls by the reason."),
        ("store_errors_total", "Decisions that a remote store did not make."),
        ("ratelimit_decisions_total", "Decisions on limits in a store, by who made them."),
        ("ratelimit_evictions_total", "Keys forgotten because their bucket was full again."),
        (
            "ratelimit_overflow_total",
            "Decisions on the bucket that new keys of a full table share.",
        ),
        ("breaker_transitions_total", "Changes of a breaker's state."),
        (
            "retries_total",
            "Calls whose first attempt failed: answered by a further one, or why there was none.",
        ),
        ("retry_attempts_total", "Attempts after the first."),
        ("hedges_total", "Slow calls: what became of a second request, or why there was none."),
        ("store_decisions_total", "Decisions of a resilient store, by who made them."),
        (
            "store_resyncs_total",
            "Keys whose decisions during an outage were told to the store: done, or not known.",
        ),
        ("timeouts_total", "Calls that were cut, by what was late."),
    ];
    const GAUGES: [(&str, &str); 14] = [
        ("breaker_failure_ratio", "Share of failures in the breaker's window, 0 to 1."),
        ("breaker_keys", "Keys that have a breaker of their own."),
        ("breaker_state", "Breakers that are in this state: 0 or 1, with keys any number."),
        ("bulkhead_in_use", "Units that admitted calls hold."),
        ("bulkhead_queued", "Calls that wait for a place."),
        ("hedge_delay_seconds", "Time after which a call gets a second request."),
        ("in_flight", "Calls that the layer waits for."),
        ("limit", "Units per period of the quota, or units at once of the bulkhead."),
        ("ratelimit_keys", "Keys that have a bucket of their own."),
        ("retry_budget", "Further attempts that the budget has now."),
        ("store_degraded", "Whether a store is stood in for: 0 or 1."),
        ("store_instances", "Instances that share the store, as far as this one knows."),
        ("store_keys", "Keys of which a resilient store remembers what it heard."),
        ("timeout_seconds", "Time until the response's head."),
    ];
    for (metric, text) in COUNTERS {
        describe_counter!(full_name(metric), text);
    }
    for (metric, text) in GAUGES {
        describe_gauge!(full_name(metric), text);
    }
    describe_histogram!(
        full_name("wait_seconds"),
        "Time that calls waited which did not pass at once."
    );
}
