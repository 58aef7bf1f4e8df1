//! An algorithm of any kind with the state of one key, as a store keeps it.

use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, Portion, State};
use palisade_core::store::Policy;
use palisade_core::{Micros, Name};
use palisade_ratelimit::{Anchor, FixedWindow, Gcra, Quota, Shaper, SlidingLog, SlidingWindow};

/// One key's limit.
pub(crate) struct Kept<A: Algorithm> {
    make: fn(Quota) -> A,
    pub(crate) algorithm: A,
    pub(crate) state: A::State,
}

/// One key's limit, whatever its algorithm.
pub(crate) trait Limit {
    fn run(&mut self, now: u64, op: Op, units: u64) -> Outcome;

    /// Goes on with other numbers and the same state.
    fn change(&mut self, quota: Quota);

    fn inert_at(&self) -> u64;

    fn forget(&mut self);

    fn copy(&self) -> Box<dyn Limit>;

    fn policy(&self, name: Name) -> Policy;

    /// What an instance keeps of it, with the state as it is.
    fn portion(&self, portion: Portion) -> Box<dyn Limit>;

    /// The limit as it is restored from an outcome that was heard at `at`.
    fn seen(&self, outcome: &Outcome, at: u64) -> Box<dyn Limit>;

    fn decide(&mut self, now: u64, units: u64) -> Outcome {
        self.run(now, Op::Decide, units)
    }

    /// All that is there at `now`.
    fn drain(&mut self, now: u64) -> u64 {
        self.run(now, Op::Take, u64::MAX).granted
    }

    fn peek(&self, now: u64) -> Outcome {
        self.copy().decide(now, 0)
    }

    /// What a call of `units` would meet.
    fn would(&self, now: u64, units: u64) -> bool {
        self.copy().decide(now, units).allowed
    }
}

/// The algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bucket,
    Shaper,
    Fixed,
    FirstHit,
    Counter,
    Log,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Bucket, Self::Shaper, Self::Fixed, Self::FirstHit, Self::Counter, Self::Log];
    pub(crate) const WINDOWS: [Self; 4] = [Self::Fixed, Self::FirstHit, Self::Counter, Self::Log];

    pub(crate) fn limit(self, quota: Quota) -> Box<dyn Limit> {
        match self {
            Self::Bucket => Box::new(Kept::new(Gcra::new, quota)),
            Self::Shaper => Box::new(Kept::new(shaper, quota)),
            Self::Fixed => Box::new(Kept::new(FixedWindow::new, quota)),
            Self::FirstHit => Box::new(Kept::new(first_hit, quota)),
            Self::Counter => Box::new(Kept::new(SlidingWindow::new, quota)),
            Self::Log => Box::new(Kept::new(SlidingLog::new, quota)),
        }
    }
}

/// Three at once, and six more may wait.
pub(crate) fn shaper(quota: Quota) -> Shaper {
    Shaper::new(quota).burst(3).max_queued(6).max_wait(quota.period() * 2)
}

pub(crate) fn first_hit(quota: Quota) -> FixedWindow {
    FixedWindow::new(quota).anchor(Anchor::FirstHit)
}

impl<A: Algorithm> Kept<A> {
    pub(crate) fn new(make: fn(Quota) -> A, quota: Quota) -> Self {
        Self { make, algorithm: make(quota), state: A::State::default() }
    }
}

impl<A: Algorithm + Copy> Limit for Kept<A> {
    fn run(&mut self, now: u64, op: Op, units: u64) -> Outcome {
        let (outcome, change) = self.algorithm.plan(&self.state, Micros(now), op, units, 0);
        match change {
            Change::Keep => {}
            Change::Forget => self.forget(),
            Change::Commit(change) | Change::Repair(change) => {
                self.algorithm.commit(&mut self.state, change);
            }
        }
        outcome
    }

    fn change(&mut self, quota: Quota) {
        self.algorithm = (self.make)(quota);
    }

    fn inert_at(&self) -> u64 {
        self.state.inert_at().0
    }

    fn forget(&mut self) {
        self.state = A::State::default();
    }

    fn copy(&self) -> Box<dyn Limit> {
        let Self { make, algorithm, ref state } = *self;
        Box::new(Self { make, algorithm, state: state.clone() })
    }

    fn policy(&self, name: Name) -> Policy {
        Policy::new(name, self.algorithm)
    }

    fn portion(&self, portion: Portion) -> Box<dyn Limit> {
        let algorithm = self.algorithm.portion(portion).unwrap();
        Box::new(Self { algorithm, make: self.make, state: self.state.clone() })
    }

    fn seen(&self, outcome: &Outcome, at: u64) -> Box<dyn Limit> {
        let state = self.algorithm.seen(outcome, Micros(at)).unwrap();
        Box::new(Self { state, ..*self })
    }
}
