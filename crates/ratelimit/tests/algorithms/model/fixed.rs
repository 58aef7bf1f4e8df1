//! A fixed window that remembers of each unit in which window it was granted.

use palisade_ratelimit::Quota;

use super::Model;

#[derive(Clone)]
pub(super) struct Fixed {
    limit: i128,
    period: i128,
    first_hit: bool,
    /// The start of the window, for each unit.
    units: Vec<i128>,
}

impl Fixed {
    pub(super) fn from_epoch(quota: Quota) -> Self {
        let mut new = Self { limit: 0, period: 1, first_hit: false, units: Vec::new() };
        new.change(quota);
        new
    }

    pub(super) fn from_first_hit(quota: Quota) -> Self {
        Self { first_hit: true, ..Self::from_epoch(quota) }
    }

    fn counts(&self, start: i128, now: i128) -> bool {
        let begun = now - now % self.period;
        match self.first_hit {
            false => [begun, begun + self.period].contains(&start),
            true => start <= now + self.period && now < start + self.period,
        }
    }
}

impl Model for Fixed {
    fn limit(&self) -> i128 {
        self.limit
    }

    fn period(&self) -> i128 {
        self.period
    }

    fn change(&mut self, quota: Quota) {
        (self.limit, self.period) = (quota.limit().into(), quota.period_micros().into());
    }

    fn go_to(&mut self, now: i128) -> bool {
        let all = std::mem::take(&mut self.units);
        let (kept, dropped): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|&start| self.counts(start, now));
        self.units = kept;
        dropped.into_iter().any(|start| start > now)
    }

    fn free(&self) -> i128 {
        (self.limit - self.counted()).max(0)
    }

    fn counted(&self) -> i128 {
        self.units.len() as i128
    }

    fn add(&mut self, now: i128, units: i128) {
        let fresh = if self.first_hit { now } else { now - now % self.period };
        let start = self.units.first().copied().unwrap_or(fresh);
        self.units.extend((0..units).map(|_| start));
    }

    fn remove(&mut self, units: i128) {
        let left = (self.counted() - units).max(0);
        self.units.truncate(left as usize);
    }

    fn is_new(&self) -> bool {
        self.units.is_empty()
    }
}
