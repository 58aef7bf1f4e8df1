//! What the outcomes of several limits have in common.

use palisade_core::algorithm::{Outcome, Retry};

/// One outcome for all: it passes if all do, with the fewest units, the longest wait.
pub(crate) fn binding(outcomes: &[Outcome]) -> Outcome {
    let (first, rest) = match outcomes {
        [] => return Outcome::UNLIMITED,
        [one] => return *one,
        [first, rest @ ..] => (first, rest),
    };
    let all = || std::iter::once(first).chain(rest);
    let retry = all().map(|outcome| outcome.retry).max().unwrap_or(Retry::Now);
    let mut outcome = match all().all(|outcome| outcome.allowed) {
        true => Outcome::passed(all().map(|outcome| outcome.granted).min().unwrap_or(0)),
        false => Outcome::refused(retry),
    };
    outcome.delay = all().map(|outcome| outcome.delay).max().unwrap_or_default();
    outcome
        .with_remaining(all().map(Outcome::remaining).min().unwrap_or(0))
        .with_reset(all().map(Outcome::reset).max().unwrap_or_default())
}
