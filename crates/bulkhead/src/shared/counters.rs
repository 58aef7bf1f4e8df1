//! What a bulkhead counts.

use palisade_core::telemetry::{Counter, Schema, Series};

/// The kind of this layer, in rejections and metrics.
pub(crate) const LAYER: &str = "bulkhead";

pub(crate) const PASSED: Counter = Counter::own(0);
pub(crate) const FAILED: Counter = Counter::own(1);
pub(crate) const REJECTED: Counter = Counter::own(2);
pub(crate) const SHADOWED: Counter = Counter::own(3);
pub(crate) const FULL: Counter = Counter::own(4);
pub(crate) const QUEUE_FULL: Counter = Counter::own(5);
pub(crate) const QUEUE_TIMEOUT: Counter = Counter::own(6);
pub(crate) const EXPIRED: Counter = Counter::own(7);
pub(crate) const KEY_MISSING: Counter = Counter::own(8);
/// Requests without a key, whatever became of them.
pub(crate) const KEYLESS: Counter = Counter::own(9);
/// Calls, and services in `poll_ready`, that had to wait, whatever became of them.
pub(crate) const WAITED: Counter = Counter::own(10);

pub(crate) const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        Series::outcome(PASSED, "passed"),
        Series::outcome(FAILED, "failed"),
        Series::outcome(REJECTED, "rejected"),
        Series::outcome(SHADOWED, "shadowed"),
        Series::outcome(Counter::ABANDONED, "abandoned"),
        Series::rejection(FULL, "bulkhead_full"),
        Series::rejection(QUEUE_FULL, "queue_full"),
        Series::rejection(QUEUE_TIMEOUT, "queue_timeout"),
        Series::rejection(EXPIRED, "expired"),
        Series::rejection(KEY_MISSING, "key_missing"),
    ],
};
