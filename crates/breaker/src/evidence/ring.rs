//! A window of the last so many calls.
//!
//! It slides with each call. A call takes the next place by counting on, and writes into it only
//! what differs from what is there; what is overwritten is uncounted. So the counts are exactly
//! those of the places, whichever way threads meet, and a call that succeeds where one that
//! succeeded falls out changes nothing but the place to come. No lock.

use palisade_core::sync::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::evidence::tally::Tally;

/// What a place holds, as bits.
const CALL: u32 = 1;
const FAILED: u32 = 2;
const SLOW: u32 = 4;

/// The last calls, and how many of them failed or were slow.
#[derive(Debug)]
pub(crate) struct Ring {
    places: Box<[AtomicU32]>,
    next: AtomicU64,
    calls: AtomicU32,
    failed: AtomicU32,
    slow: AtomicU32,
}

/// How a call ended, for a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) failed: bool,
    pub(crate) slow: bool,
}

impl Ring {
    /// A window of the last `size` calls; 0 counts as 1.
    pub(crate) fn new(size: u32) -> Self {
        Self {
            places: (0..size.max(1)).map(|_| AtomicU32::new(0)).collect(),
            next: AtomicU64::new(0),
            calls: AtomicU32::new(0),
            failed: AtomicU32::new(0),
            slow: AtomicU32::new(0),
        }
    }

    /// Whether one more success would change nothing: the window is full of them.
    #[inline]
    pub(crate) fn is_calm(&self) -> bool {
        self.failed.load(Relaxed) == 0
            && self.slow.load(Relaxed) == 0
            && self.calls.load(Relaxed) as usize == self.places.len()
    }

    /// Slides on by one call.
    pub(crate) fn push(&self, mark: Mark) {
        let at = self.next.fetch_add(1, Relaxed) % self.places.len() as u64;
        let place = &self.places[at as usize];
        let bits = mark.bits();
        if place.load(Relaxed) == bits {
            return;
        }
        let gone = place.swap(bits, Relaxed);
        let counters = [(CALL, &self.calls), (FAILED, &self.failed), (SLOW, &self.slow)];
        for (bit, counter) in counters {
            match (bits & bit, gone & bit) {
                (0, 0) => {}
                // Wraps below nothing for a moment if who overwrites is faster than who is
                // overwritten; both sides together are exact.
                (0, _) => _ = counter.fetch_sub(1, Relaxed),
                (_, 0) => _ = counter.fetch_add(1, Relaxed),
                _ => {}
            }
        }
    }

    /// What is in the window.
    pub(crate) fn window(&self) -> Tally {
        let count = |counter: &AtomicU32| match counter.load(Relaxed) {
            wrapped if wrapped > u32::MAX / 2 => 0,
            count => u64::from(count),
        };
        let (calls, failures) = (count(&self.calls), count(&self.failed));
        let successes = calls.saturating_sub(failures);
        Tally { successes, failures, slow: count(&self.slow), refused: 0 }
    }

    pub(crate) fn size(&self) -> u32 {
        self.places.len() as u32
    }

    /// A window of another size with the latest of these calls.
    pub(crate) fn resized(&self, size: u32) -> Self {
        let resized = Self::new(size);
        let (next, all) = (self.next.load(Relaxed), self.places.len() as u64);
        for back in (1..=all.min(resized.places.len() as u64)).rev() {
            let at = next.wrapping_add(all).wrapping_sub(back) % all;
            let bits = self.places[at as usize].load(Relaxed);
            if bits & CALL != 0 {
                resized.push(Mark { failed: bits & FAILED != 0, slow: bits & SLOW != 0 });
            }
        }
        resized
    }
}

impl Mark {
    const fn bits(self) -> u32 {
        CALL | if self.failed { FAILED } else { 0 } | if self.slow { SLOW } else { 0 }
    }
}
