//! How many decisions were made by whom, of limits that are kept in a store.

use std::sync::atomic::{AtomicU64, Ordering};

use palisade_core::store::Source;
use palisade_core::telemetry::Metric;

/// Decisions by who made them. Plain atomics will do: whoever asks a store has waited longer already.
#[derive(Debug, Default)]
pub(crate) struct Sources([AtomicU64; Source::ALL.len()]);

const DECISIONS: &str = "ratelimit_decisions_total";

impl Sources {
    pub(crate) fn count(&self, source: Source) {
        if let Some(at) = Source::ALL.iter().position(|known| *known == source)
            && let Some(count) = self.0.get(at)
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Every source, with how many decisions it has made.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (Source, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        Source::ALL.into_iter().zip(counts)
    }

    pub(crate) fn publish(&self, put: &mut dyn FnMut(Metric, u64)) {
        for (source, count) in self.counts() {
            put(Metric { name: DECISIONS, labels: labels(source) }, count);
        }
    }
}

/// A metric's labels are as long-lived as its name.
const fn labels(source: Source) -> &'static [(&'static str, &'static str)] {
    match source {
        Source::Cache => &[("source", "cache")],
        Source::Lease => &[("source", "lease")],
        Source::Share => &[("source", "share")],
        Source::Local => &[("source", "local")],
        Source::Open => &[("source", "open")],
        // The store, and whatever a later version of the core counts as one.
        _ => &[("source", "store")],
    }
}
