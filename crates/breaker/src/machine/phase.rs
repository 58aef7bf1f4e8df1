//! What a machine decides, and what it remembers while it is not closed.

use palisade_core::{Cause, Micros};

use super::probing::{Probe, Probing};
use crate::recovery::Recovery;
use crate::state::State;

/// How a call passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    pub(crate) generation: u64,
    pub(crate) probe: Option<Probe>,
}

/// Why a call does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) cause: Cause,
    /// For how long the breaker has been open.
    pub(crate) open_for: Micros,
    /// When a call may pass, if anybody knows.
    pub(crate) wait: Option<Micros>,
}

/// A change of state, to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) from: State,
    pub(crate) to: State,
    pub(crate) cause: Option<Cause>,
    pub(crate) at: Micros,
    pub(crate) wait: Option<Micros>,
    pub(crate) generation: u64,
}

/// What a decision that is not in the closed state depends on.
pub(crate) struct Terms<'a> {
    pub(crate) now: Micros,
    pub(crate) recovery: &'a Recovery,
    /// A random number for whatever needs one.
    pub(crate) chance: u32,
}

/// What somebody does by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Force {
    Open,
    Close,
}

/// What the states other than closed know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) cause: Cause,
    /// When it was opened; it stays that while recoveries fail.
    pub(super) at: Micros,
    /// When calls may pass again.
    pub(super) until: Micros,
    /// How many recoveries in a row have failed.
    pub(super) setbacks: u32,
}

pub(super) struct Phase {
    pub(super) opened: Opened,
    pub(super) probing: Probing,
    /// When the ramp began.
    pub(super) closed_at: Micros,
}

impl Opened {
    pub(super) fn refusal(&self, now: Micros, until: Option<Micros>) -> Refusal {
        let wait = until.map(|until| until.since(now));
        Refusal { cause: self.cause, open_for: now.since(self.at), wait }
    }
}
