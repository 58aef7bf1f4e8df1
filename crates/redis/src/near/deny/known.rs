//! The refusals that are remembered.

use std::sync::Arc;

use palisade_core::Micros;
use parking_lot::Mutex;

use super::refusal::Refusal;

/// How many refusals share a lock and compete for room.
const WAYS: usize = 8;

/// Refusals by the fingerprint of their limits: at most so many, in small sets.
///
/// A set is looked through under its own lock. When it is full, what has run out makes room, and then
/// what will run out first: there is nothing to sweep, and no bound to run into.
#[derive(Debug)]
pub(super) struct Known(Box<[Mutex<Vec<Arc<Refusal>>>]>);

impl Known {
    /// Room for `most` refusals, rounded up to a power of two; `None` if it is none.
    pub(super) fn new(most: usize) -> Option<Self> {
        let sets = most.div_ceil(WAYS).checked_next_power_of_two()?;
        (most > 0).then(|| Self((0..sets).map(|_| Mutex::new(Vec::new())).collect()))
    }

    /// What was refused to the limits of this fingerprint and still is. Nothing foreign is asked under
    /// the lock.
    pub(super) fn find(&self, set: u64, now: Micros) -> Option<Arc<Refusal>> {
        let known = self.set(set)?.lock();
        known.iter().find(|refusal| refusal.set == set && refusal.is_valid(now)).map(Arc::clone)
    }

    /// Remembers a refusal, in the place of an earlier one of the same limits.
    pub(super) fn remember(&self, refusal: Refusal, now: Micros) {
        let Some(set) = self.set(refusal.set) else { return };
        let mut known = set.lock();
        known.retain(|old| old.set != refusal.set && old.is_valid(now));
        if known.len() >= WAYS {
            let ends_first = known.iter().enumerate().min_by_key(|(_, old)| old.until);
            if let Some((at, _)) = ends_first {
                known.swap_remove(at);
            }
        }
        known.push(Arc::new(refusal));
    }

    fn set(&self, set: u64) -> Option<&Mutex<Vec<Arc<Refusal>>>> {
        // The number of sets is a power of two; the highest bits are the best mixed.
        self.0.get((set >> 32) as usize & (self.0.len() - 1))
    }
}
