//! What is remembered of a key.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Outcome, Portion, State};
use palisade_core::store::{Charge, Policy};

/// A state of any limit.
pub(super) type PolicyState = <Policy as Algorithm>::State;

/// What is remembered of a key: what the store said last, and what was decided without it since.
#[derive(Clone, Default)]
pub(crate) struct Warm {
    pub(super) seen: Option<Seen>,
    /// Whose and which limit it is, for those who tell the store by themselves.
    pub(super) owner: Option<Charge>,
    /// After which outage the store was told all of it.
    pub(super) told: u32,
    pub(super) telling: Telling,
    /// Boxed, since only an outage makes one.
    pub(super) local: Option<Box<Local>>,
}

/// Whether somebody is telling the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Telling {
    #[default]
    Nobody,
    /// The others are decided here until it is done.
    Held,
    /// The others go to the store all the same.
    Along,
}

/// What the store said, and when by its clock.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) outcome: Outcome,
    pub(super) at: Micros,
}

/// What was decided here.
#[derive(Clone, Default)]
pub(super) struct Local {
    pub(super) state: PolicyState,
    /// With whose numbers the state began.
    pub(super) portion: Option<Portion>,
    /// Units that the store does not know of.
    pub(super) granted: u64,
}

impl Warm {
    /// Remembers what the store said, unless something later is known. Of one microsecond, the outcome in
    /// which more is taken is the later one.
    pub(super) fn hear(&mut self, charge: &Charge, heard: Seen, outage: u32) {
        if self.seen.is_none() && self.local.is_none() {
            self.told = outage;
        }
        if self.seen.is_none_or(|seen| seen.order() <= heard.order()) {
            self.seen = Some(heard);
            self.owner = Some(charge.clone());
        }
        // Not before the store has decided: who is told nothing may not be there either.
        if self.telling == Telling::Nobody {
            self.settle();
        }
    }

    /// Whether the store has to be told something after the outage of this number.
    pub(super) fn is_due(&self, outage: u32) -> bool {
        let owes = self.local.as_ref().is_some_and(|local| local.granted > 0);
        owes || (self.told != outage && self.seen.is_some())
    }

    /// What the limit that stands in begins with: as much as this instance's portion of what the store
    /// said.
    pub(super) fn begin(&self, policy: &Policy, portion: Option<Portion>) -> PolicyState {
        let Some(Seen { outcome, at }) = self.seen else { return PolicyState::default() };
        let outcome = match portion {
            Some(portion) => outcome.with_remaining(portion.part(outcome.remaining())),
            None => outcome,
        };
        policy.seen(&outcome, at).unwrap_or_default()
    }

    /// The decisions of an outage are told, unless there were more meanwhile.
    pub(super) fn settle(&mut self) {
        self.telling = Telling::Nobody;
        self.local = self.local.take().filter(|local| local.granted > 0);
    }
}

impl Seen {
    fn order(&self) -> (Micros, Micros, std::cmp::Reverse<u64>) {
        let left = std::cmp::Reverse(self.outcome.remaining());
        (self.at, self.outcome.reset(), left)
    }
}

impl State for Warm {
    fn inert_at(&self) -> Micros {
        if self.telling != Telling::Nobody {
            return Micros::MAX;
        }
        let seen = self.seen.map_or(Micros::ZERO, |seen| seen.at + seen.outcome.reset());
        let local = self.local.as_ref().map_or(Micros::ZERO, |local| local.state.inert_at());
        seen.max(local)
    }
}
