//! A limit as data.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::algorithm::{Algorithm, Change, Op, Outcome, State};
use crate::{Micros, Name};

/// A limit: an algorithm with its numbers, under the name that rejections, headers and metrics use.
///
/// A policy is itself an [`Algorithm`], over states of any type, so that one store holds them all.
#[derive(Clone)]
pub struct Policy {
    name: Name,
    algorithm: Arc<dyn Erased>,
}

/// The state of any algorithm.
#[derive(Default)]
pub struct AnyState(Option<Box<dyn ErasedState>>);

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
        Self { name, algorithm: Arc::new(algorithm) }
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

    /// The algorithm, if it is an `A`: for stores that run a twin of their own.
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
