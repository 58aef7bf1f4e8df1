//! The calls of the last ten seconds.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::breaker::Window;
use super::clock::Ticks;

/// Buckets of a window, a second each.
const BUCKETS: usize = 10;

/// Calls without which a window says nothing.
const LEAST: u64 = 20;

/// Opens when half of the calls of the last ten seconds have failed, if there were twenty.
///
/// A share of failures needs to know how many calls there were, and when: so a success reads the clock and
/// is counted, with one locked addition. (Where each thread counts by itself it is a plain store, and
/// each failure sums over the threads.) The bucket that is being filled stands by itself, and whether it
/// is over is a comparison. All else is for those calls that fail.
#[derive(Debug)]
pub struct TimeWindow<C> {
    clock: C,
    /// When the present bucket is over.
    ends: AtomicU64,
    /// Calls in the present bucket.
    calls: AtomicU64,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    /// The present bucket's calls are elsewhere.
    calls: [u64; BUCKETS],
    failures: [u64; BUCKETS],
    present: usize,
}

impl<C: Ticks> TimeWindow<C> {
    /// An empty window.
    #[must_use]
    pub fn new(clock: C) -> Self {
        let ends = AtomicU64::new(clock.now() + clock.per_second());
        Self { clock, ends, calls: AtomicU64::new(0), buckets: Mutex::default() }
    }

    /// Counts a call where it belongs.
    #[inline]
    fn count(&self) {
        let now = self.clock.now();
        if now >= self.ends.load(Ordering::Relaxed) {
            self.turn(now);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins the bucket of `now`, unless another thread has.
    #[cold]
    fn turn(&self, now: u64) {
        let buckets = &mut *self.buckets.lock();
        let ends = self.ends.load(Ordering::Relaxed);
        if now < ends {
            return;
        }
        buckets.calls[buckets.present] = self.calls.swap(0, Ordering::Relaxed);
        let over = (now - ends) / self.clock.per_second() + 1;
        for _ in 0..over.min(BUCKETS as u64) {
            buckets.present = (buckets.present + 1) % BUCKETS;
            buckets.calls[buckets.present] = 0;
            buckets.failures[buckets.present] = 0;
        }
        self.ends.store(ends + over * self.clock.per_second(), Ordering::Relaxed);
    }
}

impl<C: Ticks> Window for TimeWindow<C> {
    #[inline]
    fn succeeded(&self) {
        self.count();
    }

    fn failed(&self) -> bool {
        self.count();
        let buckets = &mut *self.buckets.lock();
        buckets.failures[buckets.present] += 1;
        let calls = buckets.calls.iter().sum::<u64>() + self.calls.load(Ordering::Relaxed);
        calls >= LEAST && buckets.failures.iter().sum::<u64>() * 2 >= calls
    }
}

#[cfg(test)]
mod tests {
    use super::TimeWindow;
    use crate::floor::Window;
    use crate::floor::clock::Manual;
    use std::cell::Cell;

    #[test]
    fn half_of_twenty_calls_must_fail() {
        let clock = Manual(Cell::new(5_000));
        let window = TimeWindow::new(&clock);
        (0..10).for_each(|_| window.succeeded());
        assert!((0..9).all(|_| !window.failed()));
        assert!(window.failed());
    }

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let clock = Manual(Cell::new(5_000));
        let window = TimeWindow::new(&clock);
        (0..100).for_each(|_| window.succeeded());
        clock.0.set(14_999);
        assert!((0..50).all(|_| !window.failed()), "the hundred are ten seconds old at most");
        clock.0.set(15_000);
        assert!(window.failed());
    }

    #[test]
    fn after_a_pause_all_of_it_is_gone() {
        let clock = Manual(Cell::new(5_000));
        let window = TimeWindow::new(&clock);
        assert_eq!((0..30).filter(|_| window.failed()).count(), 11);
        clock.0.set(1_000_000);
        (0..19).for_each(|_| window.succeeded());
        assert!(!window.failed());
    }
}
