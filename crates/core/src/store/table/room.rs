//! How many keys there may be, and are.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

pub(super) struct Room {
    most: usize,
    taken: AtomicUsize,
    turns: AtomicUsize,
    evicted: AtomicU64,
    overflowed: AtomicU64,
}

impl Room {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            taken: AtomicUsize::new(0),
            turns: AtomicUsize::new(0),
            evicted: AtomicU64::new(0),
            overflowed: AtomicU64::new(0),
        }
    }

    /// Takes a place, if there is one: however many threads ask at once, there are never more.
    pub(super) fn reserve(&self) -> bool {
        let one_more = |taken| (taken < self.most).then_some(taken + 1);
        self.taken.fetch_update(Relaxed, Relaxed, one_more).is_ok()
    }

    /// A number that goes up by one each time.
    pub(super) fn turn(&self) -> usize {
        self.turns.fetch_add(1, Relaxed)
    }

    /// Gives places back.
    pub(super) fn release(&self, places: usize) {
        self.taken.fetch_sub(places, Relaxed);
    }

    /// Gives the places of inert states back.
    pub(super) fn evict(&self, places: usize) {
        if places > 0 {
            self.release(places);
            self.evicted.fetch_add(places as u64, Relaxed);
        }
    }

    pub(super) fn overflow(&self) {
        self.overflowed.fetch_add(1, Relaxed);
    }

    pub(super) const fn most(&self) -> usize {
        self.most
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.load(Relaxed)
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted.load(Relaxed)
    }

    pub(super) fn overflowed(&self) -> u64 {
        self.overflowed.load(Relaxed)
    }
}
