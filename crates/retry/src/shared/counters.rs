//! What a retry counts.

use palisade_core::telemetry::{Counter, Schema, Series};

/// The kind of this layer, in metrics and events.
pub(crate) const LAYER: &str = "retry";

/// Calls that were answered.
pub(crate) const PASSED: Counter = Counter::own(0);
/// Calls whose last attempt failed.
pub(crate) const FAILED: Counter = Counter::own(1);
/// Attempts after the first.
pub(crate) const ATTEMPTS: Counter = Counter::own(2);

/// Calls that were answered by a further attempt.
pub(crate) const SUCCESS: Counter = Counter::own(3);

// Why no further attempt was made of a call that failed.
pub(crate) const EXHAUSTED: Counter = Counter::own(4);
pub(crate) const BUDGET: Counter = Counter::own(5);
pub(crate) const NOT_REPLAYABLE: Counter = Counter::own(6);
pub(crate) const NOT_IDEMPOTENT: Counter = Counter::own(7);
pub(crate) const DEADLINE: Counter = Counter::own(8);
pub(crate) const STOPPED: Counter = Counter::own(9);

pub(crate) const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        Series::outcome(PASSED, "passed"),
        Series::outcome(FAILED, "failed"),
        Series::outcome(Counter::ABANDONED, "abandoned"),
        result(SUCCESS, "success"),
        result(EXHAUSTED, "exhausted"),
        result(BUDGET, "budget"),
        result(NOT_REPLAYABLE, "not_replayable"),
        result(NOT_IDEMPOTENT, "not_idempotent"),
        result(DEADLINE, "deadline"),
        result(STOPPED, "stopped"),
    ],
};

/// `retries_total{result}`: calls whose first attempt failed, by what became of them.
const fn result(counter: Counter, result: &'static str) -> Series {
    Series { counter, metric: "retries_total", label: ("result", result) }
}
