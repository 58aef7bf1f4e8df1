//! The parts that threads meet at, for loom and proptest.

use palisade_core::sync::{AtomicU64, Ordering::Relaxed};
use palisade_core::{Cause, Micros};

use crate::evidence::buckets::Buckets;
use crate::evidence::calm::Calm;
use crate::evidence::ring::{Mark, Ring};
use crate::evidence::tally::Tally;
use crate::machine::{Force, Machine, Pass, ProbeEnd, Terms};
use crate::recovery::Recovery;
use crate::state::State;

/// Calls, failures and slow ones.
pub type Counts = [u64; 3];

/// A window of calls, as the evidence holds it.
#[derive(Debug)]
pub struct Calls {
    ring: Ring,
    calm: Calm,
}

/// A window of time, and the counters that it is made of.
#[derive(Debug)]
pub struct Times {
    buckets: Buckets,
    span: Micros,
    successes: AtomicU64,
    failures: AtomicU64,
}

/// A machine that opens for 10 µs, tries with so many probes and closes after so many successes.
#[derive(Debug)]
pub struct Circuit {
    machine: Machine,
    recovery: Recovery,
}

/// A call that [`Circuit::admit`] let pass.
#[derive(Clone, Copy, Debug)]
pub struct Admitted(Pass);

// ===== impl Calls =====

impl Calls {
    #[must_use]
    pub fn new(size: u32) -> Self {
        Self { ring: Ring::new(size), calm: Calm::new() }
    }

    pub fn succeed(&self) {
        if !self.calm.is_calm() {
            self.push(Mark { failed: false, slow: false });
        }
    }

    pub fn strain(&self, failed: bool, slow: bool) {
        self.calm.disturb(|| self.push(Mark { failed, slow }));
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        counts(self.ring.window())
    }

    /// Whether nobody looks at the ring any more.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.calm.is_calm()
    }

    #[must_use]
    pub fn resized(&self, size: u32) -> Self {
        Self { ring: self.ring.resized(size), calm: Calm::new() }
    }

    fn push(&self, mark: Mark) {
        self.calm.look(|| {
            self.ring.push(mark);
            self.ring.is_calm()
        });
    }
}

// ===== impl Times =====

impl Times {
    #[must_use]
    pub fn new(span: Micros) -> Self {
        let zero = || AtomicU64::new(0);
        Self { buckets: Buckets::new(), span, successes: zero(), failures: zero() }
    }

    /// Counts an end. Returns what the bucket before holds, if this one's is the first of its own.
    pub fn end(&self, now: Micros, failed: bool) -> Option<Counts> {
        let last = match self.buckets.is_due(now) {
            true => self.buckets.roll(now, self.span, || self.tally()),
            false => None,
        };
        match failed {
            true => self.failures.fetch_add(1, Relaxed),
            false => self.successes.fetch_add(1, Relaxed),
        };
        last.map(counts)
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        counts(self.buckets.window(|| self.tally()))
    }

    pub fn resize(&mut self, span: Micros) {
        self.span = span;
        self.buckets.resize();
    }

    pub fn clear(&self) {
        self.buckets.clear(self.tally());
    }

    fn tally(&self) -> Tally {
        let (successes, failures) = (self.successes.load(Relaxed), self.failures.load(Relaxed));
        Tally { successes, failures, ..Tally::default() }
    }
}

// ===== impl Circuit =====

impl Circuit {
    #[must_use]
    pub fn new(probes: u32, close_after: u32) -> Self {
        let open_for = Micros(10);
        let close_after = Some(close_after);
        let recovery = Recovery {
            open_for,
            open_at_most: open_for,
            probes,
            close_after,
            ..Recovery::default()
        };
        Self { machine: Machine::new(), recovery }
    }

    pub fn admit(&self, now: Micros) -> Option<Admitted> {
        let glance = self.machine.glance();
        if glance.is_closed() {
            return Some(Admitted(Pass { generation: glance.generation(), probe: None }));
        }
        self.machine.admit(&self.terms(now)).0.ok().map(Admitted)
    }

    /// Whether the circuit has opened by it.
    pub fn trip(&self, call: Admitted, now: Micros) -> bool {
        let cause = Cause::InARow { calls: 1 };
        self.machine.trip(call.0.generation, cause, Micros::ZERO, &self.terms(now)).is_some()
    }

    /// The state that the circuit has changed to by a probe's end, if it has.
    pub fn probed(&self, call: Admitted, success: bool, now: Micros) -> Option<State> {
        let end = if success { ProbeEnd::Success } else { ProbeEnd::Failure };
        let change = self.machine.probed(call.0, end, Micros::ZERO, &self.terms(now), || ());
        change.map(|change| change.to)
    }

    pub fn force_open(&self, now: Micros) -> bool {
        self.machine.force(Force::Open, now, || ()).is_some()
    }

    pub fn force_close(&self, now: Micros) -> bool {
        self.machine.force(Force::Close, now, || ()).is_some()
    }

    #[must_use]
    pub fn state(&self) -> State {
        self.machine.glance().state()
    }

    #[must_use]
    pub fn generation(&self) -> u64 {
        self.machine.glance().generation()
    }

    const fn terms(&self, now: Micros) -> Terms<'_> {
        Terms { now, recovery: &self.recovery, chance: 0 }
    }
}

impl Admitted {
    #[must_use]
    pub const fn is_probe(self) -> bool {
        self.0.probe.is_some()
    }
}

fn counts(tally: Tally) -> Counts {
    [tally.calls(), tally.failures, tally.slow]
}
