//! What a machine decides, and what it remembers while it is not closed.

use palisade_core::hot::Words;
use palisade_core::{Cause, Micros, Ratio};

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

impl Words<5> for Opened {
    fn pack(self) -> [u64; 5] {
        let [kind, a, b, c] = pack(self.cause);
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        [self.at.0, self.until.0, pair(kind, self.setbacks), pair(a, b), c.into()]
    }

    fn unpack([at, until, kind, counts, rest]: [u64; 5]) -> Self {
        let halves = |pair: u64| ((pair >> 32) as u32, pair as u32);
        let ((kind, setbacks), (a, b)) = (halves(kind), halves(counts));
        let cause = unpack([kind, a, b, rest as u32]);
        Self { cause, at: Micros(at), until: Micros(until), setbacks }
    }
}

/// A kind, two counts and a share.
fn pack(cause: Cause) -> [u32; 4] {
    match cause {
        Cause::Failed { calls, of } => [1, calls, of, 0],
        Cause::Slow { calls, of } => [2, calls, of, 0],
        Cause::InARow { calls } => [3, calls, 0, 0],
        Cause::Raised { calls, of, usual } => [4, calls, of, usual.ppm()],
        Cause::Throttled { accepts, of } => [5, accepts, of, 0],
        Cause::Probes { calls, of } => [6, calls, of, 0],
        Cause::Unproven => [7, 0, 0, 0],
        _ => [0, 0, 0, 0],
    }
}

fn unpack([kind, a, b, c]: [u32; 4]) -> Cause {
    match kind {
        1 => Cause::Failed { calls: a, of: b },
        2 => Cause::Slow { calls: a, of: b },
        3 => Cause::InARow { calls: a },
        4 => Cause::Raised { calls: a, of: b, usual: Ratio::per_million(c) },
        5 => Cause::Throttled { accepts: a, of: b },
        6 => Cause::Probes { calls: a, of: b },
        7 => Cause::Unproven,
        _ => Cause::Forced,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_told_as_it_was() {
        let causes = [
            Cause::Failed { calls: 1, of: u32::MAX },
            Cause::Slow { calls: 2, of: 3 },
            Cause::InARow { calls: 4 },
            Cause::Raised { calls: 5, of: 6, usual: Ratio::percent(30) },
            Cause::Throttled { accepts: 7, of: 8 },
            Cause::Probes { calls: 9, of: 10 },
            Cause::Unproven,
            Cause::Forced,
        ];
        for cause in causes {
            let opened = Opened { cause, at: Micros(1), until: Micros::MAX, setbacks: u32::MAX };
            let told = Opened::unpack(opened.pack());
            assert_eq!((told.cause, told.at, told.until), (cause, Micros(1), Micros::MAX));
            assert_eq!(told.setbacks, u32::MAX);
        }
    }
}
