//! An algorithm of any kind, over states of any kind, without a box for what is built in.

use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, State};
use palisade_core::store::Policy;
use palisade_core::{Micros, Name, Quota};

use crate::algorithms::gcra::Gcra;
use crate::algorithms::{FixedWindow, Shaper, SlidingLog, SlidingWindow};

/// An algorithm with its numbers.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Bucket(Gcra),
    Fixed(FixedWindow),
    Sliding(SlidingWindow),
    Log(SlidingLog),
    Shaper(Shaper),
    Custom(Policy),
}

macro_rules! slots {
    ($($kind:ident: $algorithm:ty),+ $(,)?) => {
        /// What is remembered of a key.
        #[derive(Clone, Default)]
        pub(crate) enum Slot {
            #[default]
            Unseen,
            $($kind(<$algorithm as Algorithm>::State),)+
        }

        /// What becomes of it.
        pub(crate) enum SlotChange {
            $($kind(<$algorithm as Algorithm>::Change),)+
        }

        impl Algorithm for Kind {
            type State = Slot;
            type Change = SlotChange;

            fn plan(
                &self,
                state: &Slot,
                now: Micros,
                op: Op,
                units: u64,
                class: u8,
            ) -> (Outcome, Change<SlotChange>) {
                match self {
                    // What an algorithm of another kind left counts as never seen.
                    $(Self::$kind(algorithm) => {
                        let (outcome, change) = match state {
                            Slot::$kind(state) => algorithm.plan(state, now, op, units, class),
                            _ => algorithm.plan(&Default::default(), now, op, units, class),
                        };
                        (outcome, change.map(SlotChange::$kind))
                    })+
                }
            }

            fn commit(&self, slot: &mut Slot, change: SlotChange) {
                match (self, change) {
                    $((Self::$kind(algorithm), SlotChange::$kind(change)) => match slot {
                        Slot::$kind(state) => algorithm.commit(state, change),
                        _ => {
                            let mut state = Default::default();
                            algorithm.commit(&mut state, change);
                            *slot = Slot::$kind(state);
                        }
                    },)+
                    // A change is committed by the algorithm that planned it.
                    _ => {}
                }
            }
        }

        impl State for Slot {
            fn inert_at(&self) -> Micros {
                match self {
                    Self::Unseen => Micros::ZERO,
                    $(Self::$kind(state) => state.inert_at(),)+
                }
            }
        }
    };
}

slots! {
    Bucket: Gcra,
    Fixed: FixedWindow,
    Sliding: SlidingWindow,
    Log: SlidingLog,
    Shaper: Shaper,
    Custom: Policy,
}

impl Kind {
    /// The same algorithm with the numbers of another quota; one of the user's own keeps its numbers.
    pub(crate) fn with_quota(&self, quota: Quota) -> Self {
        match self {
            Self::Bucket(_) => Self::Bucket(Gcra::new(quota)),
            Self::Fixed(window) => Self::Fixed(window.with_quota(quota)),
            Self::Sliding(_) => Self::Sliding(SlidingWindow::new(quota)),
            Self::Log(_) => Self::Log(SlidingLog::new(quota)),
            Self::Shaper(shaper) => Self::Shaper(shaper.with_quota(quota)),
            Self::Custom(policy) => Self::Custom(policy.clone()),
        }
    }

    /// The limit as a remote store takes it.
    pub(crate) fn policy(&self, name: Name) -> Policy {
        match self {
            Self::Bucket(algorithm) => Policy::new(name, *algorithm),
            Self::Fixed(algorithm) => Policy::new(name, *algorithm),
            Self::Sliding(algorithm) => Policy::new(name, *algorithm),
            Self::Log(algorithm) => Policy::new(name, *algorithm),
            Self::Shaper(algorithm) => Policy::new(name, *algorithm),
            Self::Custom(policy) => policy.clone().named(name),
        }
    }
}
