//! What an operation asks of a window, whatever the window is made of.

use palisade_core::algorithm::{Op, Outcome, Portion, Retry};
use palisade_core::{Micros, Quota};

/// What a window has counted and has left.
pub(super) struct Room {
    pub(super) limit: u32,
    /// What a charge adds to.
    pub(super) count: u32,
    /// What is left, in `1/unit`: a comparison needs no division, and most calls only compare.
    pub(super) free: u64,
    /// Never 0; times the limit it fits into a word.
    pub(super) unit: u64,
}

/// What becomes of a window's count.
#[derive(Clone, Copy)]
pub(super) enum Ask {
    /// It stays, and the call is not refused.
    Peek,
    /// It stays, and the call is refused.
    Refuse,
    /// It grows, by 0 if nothing was left to take.
    Add(u32),
    /// It shrinks, as far as there is something to give back: two windows may hold more than a count.
    Remove(u64),
}

impl Room {
    /// What `op` comes to; `retry` says when as many units that the limit allows would pass.
    #[inline]
    pub(super) fn ask(&self, op: Op, units: u64, retry: impl FnOnce() -> Micros) -> (Outcome, Ask) {
        let limit = u64::from(self.limit);
        let (granted, ask) = match op {
            _ if units == 0 => (0, Ask::Peek),
            // First, since it bounds the product.
            Op::Decide if units > limit => return (Outcome::refused(Retry::Never), Ask::Refuse),
            Op::Decide if units * self.unit > self.free => {
                return (Outcome::refused(Retry::After(retry())), Ask::Refuse);
            }
            Op::Decide => (units, Ask::Add(capped(units))),
            Op::Take => {
                let granted = units.min(self.free / self.unit);
                (granted, Ask::Add(capped(granted)))
            }
            Op::Charge => {
                (units, Ask::Add(capped(units).min(self.limit.saturating_sub(self.count))))
            }
            Op::Raise => {
                let used = limit - (self.free / self.unit).min(limit);
                let missing = units.min(limit).saturating_sub(used);
                (units, Ask::Add(capped(missing).min(self.limit.saturating_sub(self.count))))
            }
            Op::Refund => (units, Ask::Remove(units)),
        };
        (Outcome::passed(granted), ask)
    }
}

impl Ask {
    /// The count after it, if it writes one.
    #[inline]
    pub(super) const fn of(self, count: u32) -> Option<u32> {
        match self {
            Self::Peek | Self::Refuse => None,
            Self::Add(units) => Some(count.saturating_add(units)),
            Self::Remove(units) => Some(count.saturating_sub(capped(units))),
        }
    }
}

/// An instance's part of the limit, in the same periods.
pub(super) fn part(quota: Quota, portion: Portion) -> Quota {
    let limit = portion.part(quota.limit().into());
    // Not more than the whole, which fits.
    Quota::new(u32::try_from(limit).unwrap_or(u32::MAX), quota.period())
}

/// How many units had counted where this was the outcome.
pub(super) fn used(quota: Quota, outcome: &Outcome) -> u32 {
    let left = u32::try_from(outcome.remaining()).unwrap_or(u32::MAX);
    quota.limit().saturating_sub(left)
}

/// More than any limit if it does not fit.
const fn capped(units: u64) -> u32 {
    if units > u32::MAX as u64 { u32::MAX } else { units as u32 }
}
