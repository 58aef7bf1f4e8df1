//! The two counts, with the estimate as an exact fraction.

use palisade_ratelimit::Quota;

use super::Model;

#[derive(Clone)]
pub(super) struct Counter {
    limit: i128,
    period: i128,
    start: i128,
    current: i128,
    previous: i128,
    /// How far into the current window the time is that was gone to.
    elapsed: i128,
}

impl Counter {
    pub(super) fn new(quota: Quota) -> Self {
        let mut new = Self { limit: 0, period: 1, start: 0, current: 0, previous: 0, elapsed: 0 };
        new.change(quota);
        new
    }
}

impl Model for Counter {
    fn limit(&self) -> i128 {
        self.limit
    }

    fn period(&self) -> i128 {
        self.period
    }

    fn change(&mut self, quota: Quota) {
        self.period = quota.period_micros().into();
        // The largest limit whose product with the period is below 2^53.
        self.limit = i128::from(quota.limit()).min(((1 << 53) - 1) / self.period);
    }

    fn go_to(&mut self, now: i128) -> bool {
        let begun = now - now % self.period;
        let beyond = !self.is_new() && self.start > begun + self.period;
        if self.start + self.period == begun {
            (self.start, self.previous, self.current) = (begun, self.current, 0);
        } else if self.is_new() || ![begun, begun + self.period].contains(&self.start) {
            (self.start, self.previous, self.current) = (begun, 0, 0);
        }
        self.elapsed = (now - self.start).max(0);
        beyond
    }

    fn free(&self) -> i128 {
        // current + n + previous * (period - elapsed) / period <= limit
        let weight = self.previous * (self.period - self.elapsed);
        ((self.limit - self.current) * self.period - weight).div_euclid(self.period).max(0)
    }

    fn counted(&self) -> i128 {
        self.current
    }

    fn add(&mut self, _: i128, units: i128) {
        self.current += units;
    }

    fn remove(&mut self, units: i128) {
        let left = self.current - units;
        self.previous = (self.previous + left.min(0)).max(0);
        self.current = left.max(0);
    }

    fn is_new(&self) -> bool {
        self.current == 0 && self.previous == 0
    }
}
