//! What is counted.

use palisade_core::telemetry::{Counter, Schema, Series};

/// The kind of this layer, in rejections and metrics.
pub(crate) const LAYER: &str = "timeout";

pub(crate) const PASSED: Counter = Counter::own(0);
pub(crate) const FAILED: Counter = Counter::own(1);
pub(crate) const REJECTED: Counter = Counter::own(2);
pub(crate) const SHADOWED: Counter = Counter::own(3);
pub(crate) const EXPIRED: Counter = Counter::own(4);
pub(crate) const TIMED_OUT: Counter = Counter::own(5);
pub(crate) const HEAD: Counter = Counter::own(6);
pub(crate) const IDLE: Counter = Counter::own(7);
pub(crate) const TOTAL: Counter = Counter::own(8);

pub(crate) const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        Series::outcome(PASSED, "passed"),
        Series::outcome(FAILED, "failed"),
        Series::outcome(REJECTED, "rejected"),
        Series::outcome(SHADOWED, "shadowed"),
        Series::outcome(Counter::ABANDONED, "abandoned"),
        Series::rejection(EXPIRED, "expired"),
        Series::rejection(TIMED_OUT, "timed_out"),
        late(HEAD, "head"),
        late(IDLE, "idle"),
        late(TOTAL, "total"),
    ],
};

/// `timeouts_total{late}`: what was late of the calls that were cut.
const fn late(counter: Counter, late: &'static str) -> Series {
    Series { counter, metric: "timeouts_total", label: ("late", late) }
}
