//! One bucket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock::Ticks;
use super::gate::Check;

/// How much may pass: a bucket of `burst` tokens, and a new one `every` so often.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The time in which one token comes back.
    pub every: Duration,
    /// The tokens of a full bucket.
    pub burst: u64,
}

impl Limit {
    /// The time of one token and of all, in ticks of a clock.
    pub(super) fn ticks(self, clock: &impl Ticks) -> (u64, u64) {
        let interval = (clock.per_second() as f64 * self.every.as_secs_f64()) as u64;
        (interval, interval * (self.burst - 1))
    }
}

/// A token bucket (GCRA) in one word: the time at which it will be full again.
#[derive(Debug)]
pub struct Bucket<C> {
    clock: C,
    full_at: AtomicU64,
    interval: u64,
    tolerance: u64,
}

impl<C: Ticks> Bucket<C> {
    /// A full bucket.
    #[must_use]
    pub fn new(limit: Limit, clock: C) -> Self {
        let (interval, tolerance) = limit.ticks(&clock);
        Self { clock, full_at: AtomicU64::new(0), interval, tolerance }
    }

    /// Takes a token, if there is one.
    #[inline]
    pub fn check(&self) -> bool {
        let now = self.clock.now();
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            let from = full_at.max(now);
            if from - now > self.tolerance {
                return false;
            }
            let next = from + self.interval;
            match self.full_at.compare_exchange_weak(
                full_at,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(actual) => full_at = actual,
            }
        }
    }
}

impl<C: Ticks, Req> Check<Req> for Bucket<C> {
    #[inline]
    fn admit(&self, _: &Req) -> bool {
        self.check()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Limit};
    use crate::floor::clock::Manual;
    use std::cell::Cell;
    use std::time::Duration;

    #[test]
    fn a_bucket_of_two_passes_two_and_refills() {
        let clock = Manual(Cell::new(10_000));
        let bucket = Bucket::new(Limit { every: Duration::from_millis(500), burst: 2 }, &clock);
        assert_eq!([bucket.check(), bucket.check(), bucket.check()], [true, true, false]);
        clock.0.set(10_500);
        assert_eq!([bucket.check(), bucket.check()], [true, false]);
    }
}
