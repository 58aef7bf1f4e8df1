//! Grants in the order of their times, each with the sum so far.
//!
//! With running sums, what counts at a time, and which grant leaves when so many units have left,
//! are searches by halving: a decision reads some dozens of the ten thousand grants of a full log.
//! Grants of one microsecond are one event: they come to count and cease to count together, and
//! nothing asks for fewer than all that have ceased.

use std::collections::VecDeque;

use palisade_core::Micros;

use super::packed::At;

/// What was granted, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Events {
    list: VecDeque<Event>,
    /// The sum before the first event. Sums wrap around; their differences are what counts.
    before: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Event {
    at: At,
    /// With this event's own units.
    sum: u32,
}

/// The events that count at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    /// Units that do not count any more.
    pub(super) expired: u32,
    /// Units that count.
    pub(super) units: u32,
    /// Whether there are events that lie too far ahead to count.
    pub(super) beyond: bool,
}

impl Events {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The time of the newest.
    pub(super) fn newest(&self) -> Option<Micros> {
        self.list.back().map(|event| event.at.micros())
    }

    /// What counts at `now`: what was granted less than a period ago, or, by a clock that has since
    /// stepped back, will have been within a period.
    pub(super) fn counted(&self, now: Micros, period: Micros) -> Counted {
        let first = self.list.partition_point(|event| now.since(event.at.micros()) >= period);
        let end = self.list.partition_point(|event| event.at.micros().since(now) <= period);
        let (expired, all) = (self.sum_of(first), self.sum_of(end));
        Counted { expired, units: all.wrapping_sub(expired), beyond: end < self.list.len() }
    }

    /// When the unit was granted that is the `nth` from the oldest, which is number 1.
    pub(super) fn time_of(&self, nth: u32) -> Option<Micros> {
        self.list.get(self.place_of(nth)).map(|event| event.at.micros())
    }

    /// Drops what does not count at `now`; the units that do.
    pub(super) fn retain(&mut self, now: Micros, period: Micros) -> u32 {
        while let Some(event) = self.list.front()
            && now.since(event.at.micros()) >= period
        {
            self.before = event.sum;
            self.list.pop_front();
        }
        while self.newest().is_some_and(|newest| newest.since(now) > period) {
            self.list.pop_back();
        }
        // What a burst took once is not kept for as long as the key lives.
        if self.list.len() < self.list.capacity() / 8 {
            self.list.shrink_to(self.list.len() * 2);
        }
        self.sum_of(self.list.len())
    }

    /// Leaves no more than the oldest `units`.
    pub(super) fn truncate(&mut self, units: u32) {
        if units == 0 {
            self.list.clear();
            return;
        }
        self.list.truncate(self.place_of(units).saturating_add(1));
        if let Some(last) = self.list.back_mut()
            && last.sum.wrapping_sub(self.before) > units
        {
            last.sum = self.before.wrapping_add(units);
        }
    }

    /// Adds units; at the end, unless the clock has stepped back.
    pub(super) fn add(&mut self, now: Micros, units: u32) {
        let place = self.list.partition_point(|event| event.at.micros() < now);
        if self.list.get(place).is_none_or(|event| event.at.micros() != now) {
            let sum = self.before.wrapping_add(self.sum_of(place));
            self.list.insert(place, Event { at: At::new(now), sum });
        }
        for event in self.list.range_mut(place..) {
            event.sum = event.sum.wrapping_add(units);
        }
    }

    /// Where the unit stands that is the `nth` from the oldest.
    fn place_of(&self, nth: u32) -> usize {
        self.list.partition_point(|event| event.sum.wrapping_sub(self.before) < nth)
    }

    /// The units of the oldest `events`.
    fn sum_of(&self, events: usize) -> u32 {
        let last = events.checked_sub(1).and_then(|last| self.list.get(last));
        last.map_or(0, |event| event.sum.wrapping_sub(self.before))
    }
}
