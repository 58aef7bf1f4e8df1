//! What a breaker counts.

use palisade_core::telemetry::{Counter, Schema, Series};

/// The kind of this layer, in rejections and metrics.
pub(crate) const LAYER: &str = "breaker";

pub(crate) const PASSED: Counter = Counter::own(0);
pub(crate) const FAILED: Counter = Counter::own(1);
pub(crate) const OPEN: Counter = Counter::own(2);
pub(crate) const SHADOWED: Counter = Counter::own(3);
/// Calls that said nothing of the service.
pub(crate) const IGNORED: Counter = Counter::own(4);
/// Of those that passed, the ones that are no evidence on the layer's own circuit: late ones, probes,
/// and those with a key of their own. Not published.
pub(crate) const ELSEWHERE: Counter = Counter::own(5);
pub(crate) const REJECTED: Counter = Counter::own(6);
pub(crate) const KEY_MISSING: Counter = Counter::own(7);

pub(crate) const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        Series::outcome(PASSED, "passed"),
        Series::outcome(FAILED, "failed"),
        Series::outcome(IGNORED, "ignored"),
        Series::outcome(REJECTED, "rejected"),
        Series::outcome(SHADOWED, "shadowed"),
        Series::outcome(Counter::ABANDONED, "abandoned"),
        Series::rejection(OPEN, "circuit_open"),
        Series::rejection(KEY_MISSING, "key_missing"),
    ],
};
