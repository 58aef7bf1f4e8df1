//! Whether a window of calls is at rest.

use palisade_core::sync::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// Whether the ring is full of successes, so that another one changes nothing: known without a look
/// at the ring. What disturbs it counts on before and after, so that nobody can take a look between
/// for a look at what is there now.
#[derive(Debug)]
pub(crate) struct Calm {
    disturbances: AtomicU64,
    seen_at: AtomicU64,
}

impl Calm {
    pub(crate) fn new() -> Self {
        Self { disturbances: AtomicU64::new(0), seen_at: AtomicU64::new(u64::MAX) }
    }

    #[inline]
    pub(crate) fn is_calm(&self) -> bool {
        self.seen_at.load(Relaxed) == self.disturbances.load(Relaxed)
    }

    /// Takes a look at the ring: it is calm if `look` says so, until it is disturbed.
    pub(crate) fn look(&self, look: impl FnOnce() -> bool) {
        // Before the ring is found: what is seen must be what was disturbed last.
        let disturbances = self.disturbances.load(Acquire);
        if look() {
            self.seen_at.store(disturbances, Relaxed);
        }
    }

    /// Does something to the ring that is no success.
    pub(crate) fn disturb<R>(&self, f: impl FnOnce() -> R) -> R {
        self.disturbances.fetch_add(1, Relaxed);
        let done = f();
        // Who reads this has all of what was done before it.
        self.disturbances.fetch_add(1, Release);
        done
    }
}
