//! A log that remembers the time of each unit.

use palisade_ratelimit::{Quota, SlidingLog};

use super::Model;

#[derive(Clone)]
pub(super) struct Log {
    limit: i128,
    period: i128,
    times: Vec<i128>,
}

impl Log {
    pub(super) fn new(quota: Quota) -> Self {
        let mut new = Self { limit: 0, period: 1, times: Vec::new() };
        new.change(quota);
        new
    }
}

impl Model for Log {
    fn limit(&self) -> i128 {
        self.limit
    }

    fn period(&self) -> i128 {
        self.period
    }

    fn change(&mut self, quota: Quota) {
        let limit = quota.limit().min(SlidingLog::MOST);
        (self.limit, self.period) = (limit.into(), quota.period_micros().into());
    }

    fn go_to(&mut self, now: i128) -> bool {
        let beyond = self.times.iter().any(|&time| time > now + self.period);
        self.times.retain(|&time| now - self.period < time && time <= now + self.period);
        beyond
    }

    fn free(&self) -> i128 {
        (self.limit - self.counted()).max(0)
    }

    fn counted(&self) -> i128 {
        self.times.len() as i128
    }

    fn add(&mut self, now: i128, units: i128) {
        self.times.extend((0..units).map(|_| now));
    }

    fn remove(&mut self, units: i128) {
        self.times.sort_unstable();
        let left = (self.counted() - units).max(0);
        self.times.truncate(left as usize);
    }

    fn is_new(&self) -> bool {
        self.times.is_empty()
    }
}
