//! What a resilient store counts, and under which names it is published.

use palisade_core::store::{Source, StoreError};
use palisade_core::telemetry::{Counter, Schema, Series};

/// The kind, in metrics and events.
pub(crate) const LAYER: &str = "store";

const NOT_SENT: Counter = Counter::own(0);
const UNKNOWN: Counter = Counter::own(1);
const REJECTED: Counter = Counter::own(2);
pub(crate) const TIMED_OUT: Counter = Counter::own(3);
const BY_STORE: Counter = Counter::own(4);
const BY_CACHE: Counter = Counter::own(5);
const BY_LEASE: Counter = Counter::own(6);
const BY_SHARE: Counter = Counter::own(7);
const BY_LOCAL: Counter = Counter::own(8);
const BY_NOBODY: Counter = Counter::own(9);
pub(crate) const DENIED: Counter = Counter::own(10);
pub(crate) const RESYNCED: Counter = Counter::own(11);
pub(crate) const RESYNC_LOST: Counter = Counter::own(12);

pub(crate) const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        error(NOT_SENT, "not_sent"),
        error(UNKNOWN, "unknown"),
        error(REJECTED, "rejected"),
        error(TIMED_OUT, "timed_out"),
        decision(BY_STORE, Source::Store.label()),
        decision(BY_CACHE, Source::Cache.label()),
        decision(BY_LEASE, Source::Lease.label()),
        decision(BY_SHARE, Source::Share.label()),
        decision(BY_LOCAL, Source::Local.label()),
        decision(BY_NOBODY, Source::Open.label()),
        decision(DENIED, "denied"),
        resync(RESYNCED, "done"),
        resync(RESYNC_LOST, "unknown"),
    ],
};

const fn error(counter: Counter, kind: &'static str) -> Series {
    Series { counter, metric: "store_errors_total", label: ("kind", kind) }
}

const fn decision(counter: Counter, source: &'static str) -> Series {
    Series { counter, metric: "store_decisions_total", label: ("source", source) }
}

const fn resync(counter: Counter, outcome: &'static str) -> Series {
    Series { counter, metric: "store_resyncs_total", label: ("outcome", outcome) }
}

/// Where decisions of this source are counted.
pub(crate) const fn by(source: Source) -> Counter {
    match source {
        Source::Cache => BY_CACHE,
        Source::Lease => BY_LEASE,
        Source::Share => BY_SHARE,
        Source::Local => BY_LOCAL,
        Source::Open => BY_NOBODY,
        _ => BY_STORE,
    }
}

/// Where errors of this kind are counted.
pub(crate) const fn of(error: &StoreError) -> Counter {
    match error {
        StoreError::NotSent(_) => NOT_SENT,
        StoreError::Rejected(_) => REJECTED,
        _ => UNKNOWN,
    }
}
