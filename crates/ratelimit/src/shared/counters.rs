//! What a rate limit counts, and under which names it is published.

use palisade_core::telemetry::{Counter, Schema, Series};

/// The kind of this layer, in rejections and metrics.
pub(crate) const LAYER: &str = "ratelimit";

pub(crate) const PASSED: Counter = Counter::own(0);
pub(crate) const REJECTED: Counter = Counter::own(1);
pub(crate) const SHADOWED: Counter = Counter::own(2);
pub(crate) const RATE_LIMITED: Counter = Counter::own(3);
pub(crate) const KEY_MISSING: Counter = Counter::own(4);
pub(crate) const STORE_DOWN: Counter = Counter::own(5);
pub(crate) const STORE_ERRORS: Counter = Counter::own(6);
pub(crate) const KEYLESS: Counter = Counter::own(7);
pub(crate) const DELAYED: Counter = Counter::own(8);
pub(crate) const CHARGE_ERRORS: Counter = Counter::own(9);
pub(crate) const EXPIRED: Counter = Counter::own(10);

pub(crate) const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        Series::outcome(PASSED, "passed"),
        Series::outcome(REJECTED, "rejected"),
        Series::outcome(SHADOWED, "shadowed"),
        Series::outcome(Counter::ABANDONED, "abandoned"),
        Series::rejection(RATE_LIMITED, "rate_limited"),
        Series::rejection(KEY_MISSING, "key_missing"),
        Series::rejection(STORE_DOWN, "store_down"),
        Series::rejection(EXPIRED, "expired"),
        Series { counter: STORE_ERRORS, metric: "store_errors_total", label: ("op", "decide") },
        Series { counter: CHARGE_ERRORS, metric: "store_errors_total", label: ("op", "charge") },
        Series { counter: KEYLESS, metric: "ratelimit_calls_total", label: ("kind", "keyless") },
        Series { counter: DELAYED, metric: "ratelimit_calls_total", label: ("kind", "delayed") },
    ],
};
