//! A small algorithm to fill tables with: so many units in each window of time.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, Retry, State};
use palisade_core::store::Entry;

pub(crate) const WINDOW: Micros = Micros(100);

/// So many units in a window, which begins with the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) most: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Used {
    pub(crate) units: u64,
    pub(crate) until: Micros,
}

impl State for Used {
    fn inert_at(&self) -> Micros {
        self.until
    }
}

impl Algorithm for Window {
    type State = Used;
    type Change = Used;

    fn plan(
        &self,
        used: &Used,
        now: Micros,
        op: Op,
        units: u64,
        _class: u8,
    ) -> (Outcome, Change<Used>) {
        let current = used.until > now;
        // More than any window of ours: the clock stepped back, or the limit shrank.
        let beyond = used.until > now + WINDOW || current && used.units > self.most;
        let before = if current { used.units.min(self.most) } else { 0 };
        let until = if current { used.until.min(now + WINDOW) } else { now + WINDOW };
        let (granted, after) = match op {
            Op::Decide if units == 0 => (0, before),
            Op::Decide if before + units <= self.most => (units, before + units),
            Op::Decide => {
                let retry =
                    if units > self.most { Retry::Never } else { Retry::After(until.since(now)) };
                let outcome = Outcome::refused(retry).with_remaining(self.most - before);
                let repair = Used { units: before, until };
                return (outcome, if beyond { Change::Repair(repair) } else { Change::Keep });
            }
            Op::Charge => (units, self.most.min(before + units)),
            Op::Refund => (units, before.saturating_sub(units)),
            Op::Raise => (units, before.max(units.min(self.most))),
            Op::Take => (units.min(self.most - before), self.most.min(before + units)),
        };
        let outcome = Outcome::passed(granted).with_remaining(self.most - after);
        let change = match after {
            after if after == before => Change::Keep,
            0 => Change::Forget,
            units => Change::Commit(Used { units, until }),
        };
        (outcome, change)
    }

    fn commit(&self, used: &mut Used, change: Used) {
        *used = change;
    }
}

impl Window {
    /// One unit of `key`.
    pub(crate) fn of(&self, key: u64) -> Entry<'_, Self> {
        self.units(key, 1)
    }

    pub(crate) fn units(&self, key: u64, units: u64) -> Entry<'_, Self> {
        Entry { algorithm: self, key, limit: 0, units, class: 0 }
    }
}

/// As well mixed as a fingerprint.
pub(crate) fn mixed(number: u64) -> u64 {
    let mixed = (number ^ number >> 31).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}
