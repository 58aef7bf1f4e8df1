//! Units at hand.

use palisade_core::Micros;
use palisade_core::store::{Answer, Charge, Policy};

use super::heard::Heard;

/// Units at hand, and what was heard when the last of them came.
#[derive(Clone)]
pub(super) struct Hand {
    pub(super) heard: Heard,
    pub(super) left: u64,
    /// How many of them were still to be given back when the last ones came.
    pub(super) sure: u64,
    /// Until when they may be spent.
    pub(super) until: Micros,
    /// Until when no more are asked for.
    pub(super) away: Micros,
}

impl Hand {
    /// Until when units are at hand, if any are.
    pub(super) fn ends(&self) -> Option<Micros> {
        (self.left > 0).then_some(self.until)
    }

    pub(super) fn pass(&mut self, units: u64, now: Micros) -> Option<Answer> {
        let left = self.left.checked_sub(units).filter(|_| now < self.until)?;
        self.left = left;
        Some(self.heard.pass(units, left, now))
    }

    pub(super) fn refuse(&self, units: u64, now: Micros) -> Option<Answer> {
        let left = if now < self.until { self.left } else { 0 };
        self.heard.refuse(units, left, self.away.since(now), now)
    }

    /// How many of the units left can be given back.
    pub(super) fn sure(&self, now: Micros) -> u64 {
        match self.left.min(self.sure) {
            0 => 0,
            units => self.heard.undo(units, now),
        }
    }

    /// What can be given back of what is left; the rest lapses.
    pub(super) fn owed(&self, now: Micros) -> Option<Charge> {
        let units = self.sure(now);
        (units > 0).then(|| Charge { units, ..self.heard.charge.clone() })
    }

    /// The same hand with what was `before` in another one of the same limit.
    pub(super) fn with(mut self, before: &Self, now: Micros) -> Self {
        self.left = self.left.saturating_add(before.left);
        self.sure = self.sure.saturating_add(before.sure(now));
        self
    }

    pub(super) fn is_of(&self, policy: &Policy) -> bool {
        self.heard.charge.policy.is_same(policy)
    }
}
