//! Algorithms: pure functions of a state, the time and an operation.
//!
//! An algorithm knows nothing of clocks, keys, locks or stores. It is split in two, so that several
//! limits can be one decision: [`plan`](Algorithm::plan) says what would happen and changes
//! nothing; when all plans of a call agree, [`commit`](Algorithm::commit) applies each. Memory runs
//! both under the lock of a key's shard; a store elsewhere runs its own twin of the same
//! arithmetic.

mod outcome;
mod remote;

pub use self::outcome::{Outcome, Retry};
pub use self::remote::{Keeps, Portion, Twin};
use crate::Micros;

/// What is asked of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Take the units if all of them are there. Zero units is a peek: it always passes and changes
    /// nothing.
    Decide,
    /// Take the units whether they are there or not.
    Charge,
    /// Give the units back.
    Refund,
    /// Take as many of the units as are there.
    Take,
    /// Take what is missing until so many units are taken in all, as far as the limit goes; nothing
    /// if as many are. To do it twice is to do it once, so it restores what a store has lost.
    Raise,
}

/// A limiting algorithm.
///
/// Implement it for a limit of your own. Both methods run under a lock: they must be quick, and a
/// panic in them is a panic of the caller.
pub trait Algorithm: Send + Sync + 'static {
    /// What is remembered of a key; the default is the state of a key never seen.
    type State: State;

    /// What a commit needs to know.
    type Change: Send + 'static;

    /// Whether a decision that passes only adds to the state, however old its time is, and any other
    /// that changes the state is a [`Change::Repair`]. Then a decision's time may be read before the
    /// state is locked, which keeps the clock out of the lock; a repair is planned again at a time
    /// that is read under it. If `false`, all time is.
    const ADDS: bool = false;

    /// What the operation would do to a key in `state` at `now`, and nothing else: it is asked again
    /// where that is cheaper than remembering.
    /// `class` is the caller's priority or service class, 0 unless the layer was told how to tell it.
    fn plan(
        &self,
        state: &Self::State,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<Self::Change>);

    /// Applies a planned change.
    fn commit(&self, state: &mut Self::State, change: Self::Change);

    /// The same arithmetic for a store that runs scripts. Without it such a store asks for the state
    /// as [bytes](State::to_bytes), plans here, and swaps it if it is still the same.
    fn twin(&self) -> Option<Twin> {
        None
    }

    /// Whether a call that passes may have to wait for its turn ([`Outcome::delay`]): its units are then
    /// worth nothing without the time at which they were taken, and nobody may take them ahead for it.
    fn delays(&self) -> bool {
        false
    }

    /// What one of several instances allows by itself, while it cannot ask where they all ask; `None`
    /// if the limit cannot be divided.
    fn portion(&self, portion: Portion) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = portion;
        None
    }

    /// A state that decides like one of which `outcome` was heard at `at`, or more strictly; `None` if
    /// an outcome does not say enough. A [portion](Self::portion) is to be asked with its part of what
    /// remains: the outcome is taken for its own limit's.
    fn seen(&self, outcome: &Outcome, at: Micros) -> Option<Self::State> {
        let _ = (outcome, at);
        None
    }
}

/// What is remembered of a key.
pub trait State: Default + Clone + Send + 'static {
    /// From when on the state decides like that of a key never seen.
    fn inert_at(&self) -> Micros;

    /// The state for a store that keeps bytes, and runs no [twin](Algorithm::twin) of the algorithm;
    /// `None` if it cannot be kept there.
    fn to_bytes(&self) -> Option<Vec<u8>> {
        None
    }

    /// The state of these bytes; `None` if they are none, which counts as never seen.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let _ = bytes;
        None
    }
}

/// What is to become of a key's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<C> {
    /// It stays.
    Keep,
    /// It changes, if every other limit of the call agrees.
    Commit(C),
    /// It changes whatever the other limits say: it could only come from a clock that stepped back
    /// or from a limit that shrank, and would block the key for as long as it is off. So it must not
    /// charge anything.
    Repair(C),
    /// It can be forgotten, if every other limit of the call agrees.
    Forget,
}

impl<C> Change<C> {
    /// The same fate with another description of the change.
    pub fn map<D>(self, describe: impl FnOnce(C) -> D) -> Change<D> {
        match self {
            Self::Keep => Change::Keep,
            Self::Commit(change) => Change::Commit(describe(change)),
            Self::Repair(change) => Change::Repair(describe(change)),
            Self::Forget => Change::Forget,
        }
    }
}
