//! An algorithm of any kind, over states of any kind, without a box for what is built in.

use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, State};
use palisade_core::store::{Entry, Policy, Table};
use palisade_core::{Micros, Name, Quota};

use crate::algorithms::gcra::Gcra;
use crate::algorithms::{FixedWindow, Shaper, SlidingLog, SlidingWindow};

/// An algorithm with its numbers.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Bucket(On<Gcra>),
    Fixed(On<FixedWindow>),
    Sliding(On<SlidingWindow>),
    Log(On<SlidingLog>),
    Shaper(On<Shaper>),
    Custom(On<Policy>),
}

/// An algorithm on states of any kind. What one of another kind left counts as never seen.
#[derive(Clone, Debug)]
pub(crate) struct On<A>(pub(crate) A);

/// An algorithm that has a place in a [`Slot`].
pub(crate) trait InSlot: Algorithm {
    fn state_in(slot: &Slot) -> Option<&Self::State>;
    fn of(slot: &mut Slot) -> &mut Self::State;
}

impl<A: InSlot> Algorithm for On<A> {
    type State = Slot;
    type Change = A::Change;
    const ADDS: bool = A::ADDS;

    #[inline]
    fn plan(
        &self,
        slot: &Slot,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<A::Change>) {
        match A::state_in(slot) {
            Some(state) => self.0.plan(state, now, op, units, class),
            None => self.0.plan(&A::State::default(), now, op, units, class),
        }
    }

    #[inline]
    fn commit(&self, slot: &mut Slot, change: A::Change) {
        self.0.commit(A::of(slot), change);
    }
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

        $(impl InSlot for $algorithm {
            #[inline]
            fn state_in(slot: &Slot) -> Option<&Self::State> {
                match slot {
                    Slot::$kind(state) => Some(state),
                    _ => None,
                }
            }

            #[inline]
            fn of(slot: &mut Slot) -> &mut Self::State {
                loop {
                    match slot {
                        Slot::$kind(state) => return state,
                        _ => *slot = Slot::$kind(Default::default()),
                    }
                }
            }
        })+

        /// For calls with several limits, whose algorithms differ.
        impl Algorithm for Kind {
            type State = Slot;
            type Change = SlotChange;

            #[inline]
            fn plan(
                &self,
                slot: &Slot,
                now: Micros,
                op: Op,
                units: u64,
                class: u8,
            ) -> (Outcome, Change<SlotChange>) {
                match self {
                    $(Self::$kind(algorithm) => {
                        let (outcome, change) = algorithm.plan(slot, now, op, units, class);
                        (outcome, change.map(SlotChange::$kind))
                    })+
                }
            }

            #[inline]
            fn commit(&self, slot: &mut Slot, change: SlotChange) {
                match (self, change) {
                    $((Self::$kind(algorithm), SlotChange::$kind(change)) => {
                        algorithm.commit(slot, change);
                    })+
                    // A change is committed by the algorithm that planned it.
                    _ => {}
                }
            }
        }

        impl Kind {
            /// Executes `op` on a single limit, in the algorithm's own types.
            #[inline]
            pub(crate) fn execute(
                &self,
                table: &Table<Slot>,
                ask: One,
                clock: impl Fn() -> Micros,
                op: Op,
            ) -> Outcome {
                let One { key, limit, units, class } = ask;
                match self {
                    $(Self::$kind(algorithm) => {
                        table.one_at(&Entry { algorithm, key, limit, units, class }, clock, op)
                    })+
                }
            }
        }

        impl State for Slot {
            #[inline]
            fn inert_at(&self) -> Micros {
                match self {
                    Self::Unseen => Micros::ZERO,
                    $(Self::$kind(state) => state.inert_at(),)+
                }
            }
        }
    };
}

/// An [`Entry`] before it is known of which algorithm.
#[derive(Clone, Copy)]
pub(crate) struct One {
    pub(crate) key: u64,
    pub(crate) limit: u8,
    pub(crate) units: u64,
    pub(crate) class: u8,
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
            Self::Bucket(_) => Self::Bucket(On(Gcra::new(quota))),
            Self::Fixed(On(window)) => Self::Fixed(On(window.with_quota(quota))),
            Self::Sliding(_) => Self::Sliding(On(SlidingWindow::new(quota))),
            Self::Log(_) => Self::Log(On(SlidingLog::new(quota))),
            Self::Shaper(On(shaper)) => Self::Shaper(On(shaper.with_quota(quota))),
            Self::Custom(policy) => Self::Custom(policy.clone()),
        }
    }

    /// What of `quota` is in force: an algorithm may lower what it cannot keep.
    pub(crate) fn in_force(&self, quota: Quota) -> Quota {
        match self {
            Self::Bucket(On(bucket)) => {
                let burst = u32::try_from(bucket.capacity()).unwrap_or(u32::MAX);
                if quota.denies_all() { quota } else { quota.burst(burst) }
            }
            Self::Fixed(_) | Self::Custom(_) => quota,
            Self::Sliding(On(window)) => window.quota(),
            Self::Log(On(log)) => log.quota(),
            Self::Shaper(On(shaper)) => shaper.quota(),
        }
    }

    /// The limit as a remote store takes it.
    pub(crate) fn policy(&self, name: Name) -> Policy {
        match self {
            Self::Bucket(On(algorithm)) => Policy::new(name, *algorithm),
            Self::Fixed(On(algorithm)) => Policy::new(name, *algorithm),
            Self::Sliding(On(algorithm)) => Policy::new(name, *algorithm),
            Self::Log(On(algorithm)) => Policy::new(name, *algorithm),
            Self::Shaper(On(algorithm)) => Policy::new(name, *algorithm),
            Self::Custom(On(policy)) => policy.clone().named(name),
        }
    }
}
