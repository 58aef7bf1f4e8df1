//! How many calls there were, and how they ended.

use palisade_core::Micros;
use palisade_core::hot::Words;

/// Counts of calls: since the beginning, or of a window as the difference of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Calls that the service did its work for.
    pub(crate) successes: u64,
    /// Calls that it failed.
    pub(crate) failures: u64,
    /// Calls that were slow, successful or not.
    pub(crate) slow: u64,
    /// Calls that were refused by a throttle.
    pub(crate) refused: u64,
}

impl Tally {
    /// What has come since `earlier`. Threads count one after another, so that a sum may be behind
    /// another by a little: never less than nothing.
    pub(crate) const fn since(self, earlier: Self) -> Self {
        Self {
            successes: difference(self.successes, earlier.successes),
            failures: difference(self.failures, earlier.failures),
            slow: difference(self.slow, earlier.slow),
            refused: difference(self.refused, earlier.refused),
        }
    }

    /// Calls that reached the service.
    pub(crate) const fn calls(self) -> u64 {
        self.successes.saturating_add(self.failures)
    }
}

const fn difference(now: u64, then: u64) -> u64 {
    let difference = now.wrapping_sub(then);
    if difference > u64::MAX / 2 { 0 } else { difference }
}

/// Where a time window begins, and when it is to move on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Base {
    pub(crate) ends: Micros,
    pub(crate) tally: Tally,
}

impl Words<5> for Base {
    #[inline]
    fn pack(self) -> [u64; 5] {
        let Tally { successes, failures, slow, refused } = self.tally;
        [self.ends.0, successes, failures, slow, refused]
    }

    #[inline]
    fn unpack([ends, successes, failures, slow, refused]: [u64; 5]) -> Self {
        Self { ends: Micros(ends), tally: Tally { successes, failures, slow, refused } }
    }
}
