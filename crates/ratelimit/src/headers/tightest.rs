//! Which of several limits is told where there is room for one.

use std::cmp::Reverse;

use palisade_core::algorithm::Retry;

use super::Told;

/// The limit that a client meets first: refused ones before others, of these the one with the longest
/// wait; then the one with the least left, then the one that takes longest to be full again.
pub(super) fn tightest<'t>(told: impl IntoIterator<Item = &'t Told>) -> Option<&'t Told> {
    told.into_iter().min_by_key(|limit| {
        let outcome = &limit.outcome;
        let wait = if outcome.allowed { Retry::Now } else { outcome.retry };
        (outcome.allowed, Reverse(wait), outcome.remaining(), Reverse(outcome.reset()))
    })
}
