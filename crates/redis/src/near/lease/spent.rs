//! How much was spent lately.

use palisade_core::Micros;

/// The units spent in the last span, as far as two counts tell: that of the present span, and that of the
/// one before, of which so much counts as is not over yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    start: Micros,
    current: u64,
    before: u64,
}

impl Spent {
    pub(super) fn add(&mut self, units: u64, now: Micros, span: Micros) {
        self.turn(now, span);
        self.current = self.current.saturating_add(units);
    }

    pub(super) fn recent(&mut self, now: Micros, span: Micros) -> u64 {
        self.turn(now, span);
        let left = span.since(now.since(self.start));
        let before = u128::from(self.before) * u128::from(left.0) / u128::from(span.0.max(1));
        // Not more than the count itself, which fits.
        self.current.saturating_add(u64::try_from(before).unwrap_or(u64::MAX))
    }

    /// From when on nothing counts.
    pub(super) fn inert_at(&self, span: Micros) -> Micros {
        self.start + span + span
    }

    fn turn(&mut self, now: Micros, span: Micros) {
        let gone = now.since(self.start);
        if gone >= span + span {
            *self = Self { start: now, current: 0, before: 0 };
        } else if gone >= span {
            *self = Self { start: self.start + span, current: 0, before: self.current };
        }
    }
}
