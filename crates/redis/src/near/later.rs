//! What was heard, told some time later.

use palisade_core::Micros;
use palisade_core::algorithm::{Outcome, Retry};

/// The outcome as it is `span` later if nobody calls meanwhile. What remains is at least as much.
pub(super) fn later(outcome: &Outcome, span: Micros) -> Outcome {
    let mut told = outcome.with_reset(outcome.reset().since(span));
    told.delay = told.delay.since(span);
    if let Retry::After(wait) = told.retry {
        told.retry = Retry::After(wait.since(span));
    }
    told
}
