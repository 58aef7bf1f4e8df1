//! Two counts, and the estimate that is made of them.

use palisade_core::Micros;
use palisade_core::algorithm::State;

use super::packed::{At, Coarse};

/// What was granted in a window and in the one before: the state of a
/// [`SlidingWindow`](crate::SlidingWindow).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    start: At,
    current: u32,
    previous: u32,
    period: Coarse,
}

/// The two windows at a time. Counts may be those of a higher limit.
#[derive(Clone, Copy)]
pub(super) struct View {
    period: u64,
    start: Micros,
    pub(super) current: u32,
    pub(super) previous: u32,
    /// How much of the current window is over.
    elapsed: u64,
    /// How far the clock is behind the current window.
    behind: u64,
    /// Whether the counts were of a time that is still too far ahead.
    pub(super) dropped: bool,
}

// ===== impl Buckets =====

impl Buckets {
    /// The counts of which so many units were counted at `at`, and none any more after `reset`.
    ///
    /// Which of the two windows they are of is told by how long they will be. Of two that count, all is
    /// taken for the current one's, which is stricter.
    pub(super) fn seen(used: u32, at: Micros, reset: Micros, period: Micros) -> Self {
        let end = at + reset;
        let (windows, current, previous) = if used == 0 || reset == Micros::ZERO {
            return Self::default();
        } else if reset > period {
            (2, used, 0)
        } else {
            // So many that what is left of them is what was counted.
            let all = (u64::from(used).saturating_mul(period.0)).div_ceil(reset.0);
            (1, 0, u32::try_from(all).unwrap_or(u32::MAX))
        };
        let start = At::new(end.since(Micros(windows * period.0)));
        Self { start, current, previous, period: Coarse::new(period) }
    }

    pub(super) fn view(&self, period: u64, now: Micros) -> View {
        let Self { current, previous, .. } = *self;
        let (start, elapsed) = (self.start.micros(), now.0 % period);
        let begun = Micros(now.0 - elapsed);
        let fresh = View {
            period,
            start: begun,
            current: 0,
            previous: 0,
            elapsed,
            behind: 0,
            dropped: false,
        };
        match (begun.since(start).0, start.since(begun).0) {
            (0, 0) => View { current, previous, ..fresh },
            (0, ahead) if ahead == period => {
                View { start, current, previous, elapsed: 0, behind: start.since(now).0, ..fresh }
            }
            (0, _) => View { dropped: true, ..fresh },
            (since, _) if since == period => View { previous: current, ..fresh },
            _ => fresh,
        }
    }
}

impl State for Buckets {
    fn inert_at(&self) -> Micros {
        let (start, period) = (self.start.micros(), self.period.micros());
        match (self.current, self.previous) {
            (0, 0) => Micros::ZERO,
            (0, _) => start + period,
            _ => start + period + period,
        }
    }
}

// ===== impl View =====

impl View {
    /// What is left of `limit`, in units of `1/period`.
    ///
    /// The weight saturates only where it is more than any limit allows.
    pub(super) fn free(&self, limit: u32) -> u64 {
        let left = u64::from(limit.saturating_sub(self.current));
        let weight = u64::from(self.previous).saturating_mul(self.period - self.elapsed);
        (left * self.period).saturating_sub(weight)
    }

    /// How long until `units` pass, which are within the limit, but do not pass now.
    pub(super) fn retry(&self, limit: u32, units: u64) -> Micros {
        let limit = u64::from(limit);
        // Of the older window so much must be over that what remains of it leaves the room.
        let over = |room: u64, count: u32| {
            self.period.saturating_sub(room * self.period / u64::from(count).max(1))
        };
        let wait = match limit.checked_sub(u64::from(self.current) + units) {
            Some(room) => over(room, self.previous).saturating_sub(self.elapsed),
            // This window is full: when it has become the older one.
            None => self.period - self.elapsed + over(limit.saturating_sub(units), self.current),
        };
        Micros(self.behind + wait)
    }

    /// How long until nothing counts any more.
    pub(super) const fn reset(&self) -> Micros {
        let windows = match (self.current, self.previous) {
            (0, 0) => return Micros::ZERO,
            (0, _) => 1,
            _ => 2,
        };
        Micros(self.behind + windows * self.period - self.elapsed)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.current == 0 && self.previous == 0
    }

    pub(super) const fn state(&self) -> Buckets {
        let Self { start, current, previous, .. } = *self;
        let period = Coarse::new(Micros(self.period));
        Buckets { start: At::new(start), current, previous, period }
    }
}
