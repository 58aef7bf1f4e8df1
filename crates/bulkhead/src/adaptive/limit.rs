//! An algorithm that many threads share.

use std::fmt;

use palisade_core::sync::{AtomicU64, Mutex, Ordering};

use super::{Adapt, Sample};

/// A limit that an algorithm moves, shared by threads.
///
/// Its type does not name the algorithm, so what holds it need not either.
///
/// **Samples are samples.** [`record`](Self::record) waits for nobody: a call that ends while another
/// call's sample is looked at leaves its own out. That lasts for nanoseconds, and costs an algorithm
/// nothing but a little time.
pub struct Adaptive {
    /// What the algorithm last said, to be read without its lock. Written under it, so that of two
    /// changes the later one stays.
    limit: AtomicU64,
    algorithm: Mutex<Box<dyn Adapt>>,
}

// ===== impl Adaptive =====

impl Adaptive {
    /// The limit that `algorithm` says.
    ///
    /// ```
    /// use palisade_bulkhead::adaptive::{Adaptive, Gradient2};
    ///
    /// let adaptive = Adaptive::new(Gradient2::new(10, 200));
    /// assert_eq!(adaptive.limit(), 20);
    /// ```
    #[must_use]
    pub fn new(algorithm: impl Adapt + 'static) -> Self {
        Self {
            limit: AtomicU64::new(limit_of(&algorithm)),
            algorithm: Mutex::new(Box::new(algorithm)),
        }
    }

    /// How many calls may be in flight now, at least 1: an atomic read.
    #[inline]
    #[must_use]
    pub fn limit(&self) -> u32 {
        // Only `u32`s are stored.
        self.limit.load(Ordering::Acquire) as u32
    }

    /// Learns from a call that ended; skips it if another is being learnt from. Returns whether the limit
    /// changed: if it grew, somebody who waits may go.
    pub fn record(&self, sample: &Sample) -> bool {
        let Some(mut algorithm) = self.algorithm.try_lock() else {
            return false;
        };
        algorithm.adapt(sample);
        self.publish(limit_of(&**algorithm))
    }

    /// Puts another algorithm in place, or the same one with other settings: the limit is what it says
    /// from now on. Returns whether that is another. Give it the old limit as its start to go on from there.
    ///
    /// Waits for a sample that is being learnt from.
    pub fn replace(&self, algorithm: impl Adapt + 'static) -> bool {
        let limit = limit_of(&algorithm);
        let algorithm: Box<dyn Adapt> = Box::new(algorithm);
        let mut current = self.algorithm.lock();
        let old = std::mem::replace(&mut *current, algorithm);
        let changed = self.publish(limit);
        // Dropping is somebody else's code.
        drop(current);
        drop(old);
        changed
    }

    /// Called under the lock.
    fn publish(&self, limit: u64) -> bool {
        // Most samples change nothing: then the line stays with those who read it.
        let changed = self.limit.load(Ordering::Relaxed) != limit;
        if changed {
            self.limit.store(limit, Ordering::Release);
        }
        changed
    }
}

impl fmt::Debug for Adaptive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adaptive").field("limit", &self.limit()).finish_non_exhaustive()
    }
}

/// A limit of nothing would let no call through to learn from.
fn limit_of(algorithm: &dyn Adapt) -> u64 {
    u64::from(algorithm.limit().max(1))
}
