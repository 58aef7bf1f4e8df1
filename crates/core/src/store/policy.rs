//! A limit as data.

mod same;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::Outage;
use crate::algorithm::{Algorithm, Change, Op, Outcome, Portion, State, Twin};
use crate::{Micros, Name};

/// A limit: an algorithm with its numbers, under the name that rejections, headers and metrics use.
///
/// A policy is itself an [`Algorithm`], over states of any type, so that one store holds them all.
#[derive(Clone)]
pub struct Policy {
    name: Name,
    outage: Outage,
    algorithm: Arc<dyn Erased>,
}

/// The state of any algorithm.
#[derive(Default)]
pub struct AnyState(Option<Box<dyn ErasedState>>);

/// A state as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The state.
    pub bytes: Vec<u8>,
    /// From when on it can be forgotten.
    pub until: Micros,
}

/// The change of any algorithm: what was asked. A plan depends on nothing else, so it is made once
/// more when it is committed, where the types are known; that costs less than a box for the change.
#[derive(Clone, Copy, Debug)]
pub struct AnyChange {
    now: Micros,
    op: Op,
    units: u64,
    class: u8,
}

impl Policy {
    /// The limit `algorithm`, named `name`.
    pub fn new(name: Name, algorithm: impl Algorithm) -> Self {
        Self { name, outage: Outage::default(), algorithm: Arc::new(algorithm) }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> Name {
        self.name
    }

    /// The same limit under another name.
    #[must_use]
    pub const fn named(mut self, name: Name) -> Self {
        self.name = name;
        self
    }

    /// What happens while the store does not answer; [`Outage::Share`] unless set.
    #[must_use]
    pub const fn outage(&self) -> Outage {
        self.outage
    }

    /// The same limit, of which this happens while the store does not answer.
    #[must_use]
    pub const fn on_outage(mut self, outage: Outage) -> Self {
        self.outage = outage;
        self
    }

    /// Plans for a store that keeps a state as bytes; `None` if the algorithm's state has no such
    /// form. What is not a state counts as never seen.
    #[must_use]
    pub fn plan_bytes(
        &self,
        seen: Option<&[u8]>,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> Option<(Outcome, Change<Kept>)> {
        self.algorithm.plan_bytes_any(seen, AnyChange { now, op, units, class })
    }

    /// The algorithm, if it is an `A`.
    #[must_use]
    pub fn downcast_ref<A: Algorithm>(&self) -> Option<&A> {
        self.algorithm.as_any().downcast_ref()
    }
}

impl Algorithm for Policy {
    type State = AnyState;
    type Change = AnyChange;

    fn plan(
        &self,
        state: &AnyState,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<AnyChange>) {
        let (outcome, change) = self.algorithm.plan_any(state, now, op, units, class);
        (outcome, change.map(|()| AnyChange { now, op, units, class }))
    }

    fn commit(&self, state: &mut AnyState, change: AnyChange) {
        self.algorithm.commit_any(state, change);
    }

    fn twin(&self) -> Option<Twin> {
        self.algorithm.twin_any()
    }

    fn delays(&self) -> bool {
        self.algorithm.delays_any()
    }

    fn portion(&self, portion: Portion) -> Option<Self> {
        let algorithm = self.algorithm.portion_any(portion)?;
        Some(Self { algorithm, ..*self })
    }

    fn seen(&self, outcome: &Outcome, at: Micros) -> Option<AnyState> {
        self.algorithm.seen_any(outcome, at)
    }
}

impl State for AnyState {
    fn inert_at(&self) -> Micros {
        self.0.as_ref().map_or(Micros::ZERO, |state| state.inert_at_any())
    }
}

impl Clone for AnyState {
    fn clone(&self) -> Self {
        Self(self.0.as_ref().map(|state| state.clone_any()))
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for AnyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyState")
    }
}

trait Erased: Send + Sync {
    fn as_any(&self) -> &dyn Any;

    fn plan_any(
        &self,
        state: &AnyState,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<()>);

    fn commit_any(&self, state: &mut AnyState, change: AnyChange);

    fn plan_bytes_any(
        &self,
        seen: Option<&[u8]>,
        ask: AnyChange,
    ) -> Option<(Outcome, Change<Kept>)>;

    fn twin_any(&self) -> Option<Twin>;

    fn delays_any(&self) -> bool;

    fn portion_any(&self, portion: Portion) -> Option<Arc<dyn Erased>>;

    fn seen_any(&self, outcome: &Outcome, at: Micros) -> Option<AnyState>;
}

impl<A: Algorithm> Erased for A {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn plan_any(
        &self,
        state: &AnyState,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<()>) {
        // A state that another algorithm left under the same key counts as never seen.
        let seen = state.0.as_ref().and_then(|state| state.as_any().downcast_ref::<A::State>());
        let (outcome, change) = match seen {
            Some(state) => self.plan(state, now, op, units, class),
            None => self.plan(&A::State::default(), now, op, units, class),
        };
        (outcome, change.map(|_| ()))
    }

    fn commit_any(&self, state: &mut AnyState, change: AnyChange) {
        let AnyChange { now, op, units, class } = change;
        let seen = state.0.as_mut().and_then(|state| state.as_any_mut().downcast_mut::<A::State>());
        let mut fresh = A::State::default();
        let was_seen = seen.is_some();
        let target = seen.unwrap_or(&mut fresh);
        let (_, change) = self.plan(target, now, op, units, class);
        if let Change::Commit(change) | Change::Repair(change) = change {
            self.commit(target, change);
        }
        if !was_seen {
            state.0 = Some(Box::new(fresh));
        }
    }

    fn plan_bytes_any(
        &self,
        seen: Option<&[u8]>,
        ask: AnyChange,
    ) -> Option<(Outcome, Change<Kept>)> {
        let AnyChange { now, op, units, class } = ask;
        let mut state = seen.and_then(A::State::from_bytes).unwrap_or_default();
        let (outcome, change) = self.plan(&state, now, op, units, class);
        let mut keep = |change| {
            self.commit(&mut state, change);
            Some(Kept { bytes: state.to_bytes()?, until: state.inert_at() })
        };
        let change = match change {
            Change::Keep => Change::Keep,
            Change::Forget => Change::Forget,
            Change::Commit(change) => Change::Commit(keep(change)?),
            Change::Repair(change) => Change::Repair(keep(change)?),
        };
        Some((outcome, change))
    }

    fn twin_any(&self) -> Option<Twin> {
        self.twin()
    }

    fn delays_any(&self) -> bool {
        self.delays()
    }

    fn portion_any(&self, portion: Portion) -> Option<Arc<dyn Erased>> {
        Some(Arc::new(self.portion(portion)?))
    }

    fn seen_any(&self, outcome: &Outcome, at: Micros) -> Option<AnyState> {
        Some(AnyState(Some(Box::new(self.seen(outcome, at)?))))
    }
}

trait ErasedState: Send {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn inert_at_any(&self) -> Micros;
    fn clone_any(&self) -> Box<dyn ErasedState>;
}

impl<S: State> ErasedState for S {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn inert_at_any(&self) -> Micros {
        self.inert_at()
    }

    fn clone_any(&self) -> Box<dyn ErasedState> {
        Box::new(self.clone())
    }
}
