//! How often a dependency usually fails.

use palisade_core::Ratio;
use palisade_core::sync::{AtomicU64, Mutex, Ordering::Relaxed};

use crate::evidence::tally::Tally;

/// Of how many buckets of a window the baseline is made, as an average that forgets: 1000 buckets
/// are a hundred windows.
const MEMORY: u64 = 1_000;

/// Counts are kept in these fractions of a call, so that forgetting does not round them away.
const SCALE: u64 = 1 << 10;

/// How many calls it takes to know what is usual.
const ENOUGH: u64 = 100;

/// How often a dependency usually fails: an exponentially forgetting count of calls and failures,
/// which learns from each bucket of a window that has ended. While nothing is called nothing is
/// forgotten.
#[derive(Debug)]
pub(crate) struct Baseline {
    /// Calls and failures.
    counts: Mutex<[u64; 2]>,
    /// Parts per million; [`UNKNOWN`] until there were enough calls.
    usual: AtomicU64,
}

const UNKNOWN: u64 = u64::MAX;

impl Baseline {
    pub(crate) fn new() -> Self {
        Self { counts: Mutex::new([0, 0]), usual: AtomicU64::new(UNKNOWN) }
    }

    /// The share of calls that usually fails, if that is known yet.
    pub(crate) fn usual(&self) -> Option<Ratio> {
        match self.usual.load(Relaxed) {
            UNKNOWN => None,
            ppm => Some(Ratio::per_million(u32::try_from(ppm).unwrap_or(u32::MAX))),
        }
    }

    /// Learns from a bucket that has ended.
    pub(crate) fn learn(&self, bucket: Tally) {
        if bucket.calls() == 0 {
            return;
        }
        let mut counts = self.counts.lock();
        for (count, new) in counts.iter_mut().zip([bucket.calls(), bucket.failures]) {
            *count = (*count - *count / MEMORY).saturating_add(new.saturating_mul(SCALE));
        }
        let [calls, failures] = *counts;
        if calls >= ENOUGH * SCALE {
            let ppm = u128::from(failures) * 1_000_000 / u128::from(calls);
            self.usual.store(u64::try_from(ppm).unwrap_or(UNKNOWN - 1), Relaxed);
        }
    }

    /// Knows nothing any more.
    pub(crate) fn clear(&self) {
        *self.counts.lock() = [0, 0];
        self.usual.store(UNKNOWN, Relaxed);
    }
}
