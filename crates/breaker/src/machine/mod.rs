//! The state machine: which calls pass, and what follows from how they end.
//!
//! A word holds the state and a generation that goes up with each change, so that a call in the
//! closed state reads one atomic and takes no lock. All else is behind a lock that only calls in the
//! other states take. [`Machine::shift`] is the only writer of the word.

mod look;
mod phase;
mod probing;
mod word;

use std::fmt;

use palisade_core::hot::Hot;
use palisade_core::sync::{AtomicU64, Mutex, Ordering};
use palisade_core::{Cause, Micros};

pub(crate) use self::phase::{Change, Force, Pass, Refusal, Terms};
use self::phase::{Opened, Phase};
pub(crate) use self::probing::{Probe, ProbeEnd};
use self::probing::{Probing, Verdict};
use self::word::{Code, Glance};
use crate::state::State;

pub(crate) struct Machine {
    /// A [`Glance`].
    word: AtomicU64,
    /// Why it was opened last: for those that are refused meanwhile, who take no lock.
    last: Hot<Opened, 5>,
    phase: Mutex<Phase>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let opened =
            Opened { cause: Cause::Forced, at: Micros::ZERO, until: Micros::ZERO, setbacks: 0 };
        let (probing, closed_at) = (Probing::default(), Micros::ZERO);
        let phase = Phase { opened, probing, closed_at, ramp_is_over: false };
        Self { word: AtomicU64::new(0), last: Hot::new(opened), phase: Mutex::new(phase) }
    }

    #[inline]
    pub(crate) fn glance(&self) -> Glance {
        Glance(self.word.load(Ordering::Acquire))
    }

    /// Decides on a call, in any state; and what has changed thereby, in order. `renew` is run before the breaker is closed.
    pub(crate) fn admit(
        &self,
        terms: &Terms<'_>,
        renew: impl FnOnce(),
    ) -> (Result<Pass, Refusal>, [Option<Change>; 2]) {
        let Terms { now, recovery, .. } = *terms;
        let glance = self.glance();
        if glance.is_closed() {
            return (Ok(Pass { generation: glance.generation(), probe: None }), [None, None]);
        }
        if let Some(refusal) = self.is_open(now) {
            return (Err(refusal), [None, None]);
        }
        let phase = &mut *self.phase.lock();
        let mut first = None;
        // ## Open => (Open or HalfOpen)
        if self.glance().code() == Code::Open && phase.opened.until <= now {
            phase.probing = Probing::begin(now);
            first = self.shift(phase, Code::HalfOpen, now);
        } else if self.glance().code() == Code::HalfOpen {
            first = self.decide(phase, terms, Micros::ZERO, renew);
        }
        let glance = self.glance();
        let generation = glance.generation();
        match glance.code() {
            Code::Closed => (Ok(Pass { generation, probe: None }), [first, None]),
            Code::Ramping => (phase.ramp(self, glance, terms), [first, None]),
            Code::Open => (Err(phase.opened.refusal(now, Some(phase.opened.until))), [first, None]),
            Code::Forced => (Err(phase.opened.refusal(now, None)), [first, None]),
            // ## HalfOpen => (HalfOpen or Open)
            Code::HalfOpen => match phase.probing.admit(now, recovery) {
                Ok(probe) => (Ok(Pass { generation, probe: Some(probe) }), [first, None]),
                Err(_) if phase.probing.is_over(now, recovery) => {
                    let second = self.reopen(phase, Cause::Unproven, Micros::ZERO, terms);
                    (Err(phase.opened.refusal(now, Some(phase.opened.until))), [first, second])
                }
                Err(free_at) => (Err(phase.opened.refusal(now, free_at)), [first, None]),
            },
        }
    }

    /// ## Closed => Open
    ///
    /// Opens, if this generation still stands; not before `not_before`, which the service asked for.
    pub(crate) fn trip(
        &self,
        generation: u64,
        cause: Cause,
        not_before: Micros,
        terms: &Terms<'_>,
    ) -> Option<Change> {
        let Terms { now, recovery, chance } = *terms;
        let phase = &mut *self.phase.lock();
        let glance = self.glance();
        if glance.generation() != generation || !glance.lets_pass() {
            return None;
        }
        // Who fails while the load is put back has not recovered.
        let setbacks = match glance.code() {
            Code::Ramping => phase.opened.setbacks.saturating_add(1),
            _ => 0,
        };
        let until = (now + recovery.wait(setbacks, chance)).max(not_before);
        phase.opened = Opened { cause, at: now, until, setbacks };
        self.shift(phase, Code::Open, now)
    }

    /// ## HalfOpen => (HalfOpen, Open or Closed)
    ///
    /// A probe of this generation has ended.
    pub(crate) fn probed(
        &self,
        pass: Pass,
        end: ProbeEnd,
        not_before: Micros,
        terms: &Terms<'_>,
        renew: impl FnOnce(),
    ) -> Option<Change> {
        let Terms { now, recovery, .. } = *terms;
        let phase = &mut *self.phase.lock();
        let glance = self.glance();
        if glance.generation() != pass.generation || glance.code() != Code::HalfOpen {
            return None;
        }
        if phase.probing.end(pass.probe?, end, now, recovery) == Verdict::Unknown {
            return None;
        }
        self.decide(phase, terms, not_before, renew)
    }

    /// The head of a probe's response is there, and good; its end may take long.
    pub(crate) fn answered(&self, pass: Pass, now: Micros) {
        let phase = &mut *self.phase.lock();
        if self.glance().generation() == pass.generation
            && let Some(probe) = pass.probe
        {
            phase.probing.answered(probe, now);
        }
    }

    /// ## HalfOpen => (HalfOpen, Open or Closed)
    ///
    /// Follows what the probes say by now.
    fn decide(
        &self,
        phase: &mut Phase,
        terms: &Terms<'_>,
        not_before: Micros,
        renew: impl FnOnce(),
    ) -> Option<Change> {
        let Terms { now, recovery, .. } = *terms;
        match phase.probing.verdict(now, recovery) {
            Verdict::Unknown => None,
            Verdict::Recovered => {
                renew();
                (phase.closed_at, phase.ramp_is_over) = (now, false);
                let ramps = recovery.ramp > Micros::ZERO;
                self.shift(phase, if ramps { Code::Ramping } else { Code::Closed }, now)
            }
            Verdict::Failing { calls, of } => {
                self.reopen(phase, Cause::Probes { calls, of }, not_before, terms)
            }
        }
    }

    /// ## Any => (ForcedOpen or Closed)
    pub(crate) fn force(&self, force: Force, now: Micros, renew: impl FnOnce()) -> Option<Change> {
        let phase = &mut *self.phase.lock();
        match force {
            Force::Open if self.glance().code() == Code::Forced => None,
            Force::Open => {
                let until = Micros::MAX;
                phase.opened = Opened { cause: Cause::Forced, at: now, until, setbacks: 0 };
                self.shift(phase, Code::Forced, now)
            }
            Force::Close => {
                renew();
                phase.opened.setbacks = 0;
                self.shift(phase, Code::Closed, now)
            }
        }
    }

    /// Ends the wait of the open state, if it is that: the next call that asks is a probe.
    pub(crate) fn end_wait(&self, now: Micros) {
        let phase = &mut *self.phase.lock();
        if self.glance().code() == Code::Open && phase.opened.until > now {
            phase.opened.until = now;
            self.last.update(|_| phase.opened);
        }
    }

    /// ## HalfOpen => Open
    fn reopen(
        &self,
        phase: &mut Phase,
        cause: Cause,
        not_before: Micros,
        terms: &Terms<'_>,
    ) -> Option<Change> {
        let Terms { now, recovery, chance } = *terms;
        let setbacks = phase.opened.setbacks.saturating_add(1);
        let until = (now + recovery.wait(setbacks, chance)).max(not_before);
        phase.opened = Opened { cause, until, setbacks, ..phase.opened };
        self.shift(phase, Code::Open, now)
    }

    /// The only writer of the word. `None` if the state that people know stays.
    fn shift(&self, phase: &Phase, to: Code, now: Micros) -> Option<Change> {
        let before = self.glance();
        // A ramp that has ended is no change: the calls in flight are not late.
        let is_same = before.code() == Code::Ramping && to == Code::Closed && phase.ramp_is_over;
        let generation = before.generation() + u64::from(!is_same);
        if matches!(to, Code::Open | Code::Forced) {
            // Before the word, so that who sees that it is open sees why.
            self.last.update(|_| phase.opened);
        }
        self.word.store(Glance::of(generation, to).0, Ordering::Release);
        let (from, to) = (before.state(), self.glance().state());
        (from != to).then(|| {
            let opened = &phase.opened;
            let cause = matches!(to, State::Open | State::ForcedOpen).then_some(opened.cause);
            let wait = (to == State::Open).then(|| opened.until.since(now));
            Change { from, to, cause, at: now, wait, generation }
        })
    }
}

impl Phase {
    /// Lets a share of calls pass that grows from a twentieth to all.
    fn ramp(
        &mut self,
        machine: &Machine,
        glance: Glance,
        terms: &Terms<'_>,
    ) -> Result<Pass, Refusal> {
        let Terms { now, recovery, chance } = *terms;
        let (elapsed, whole) = (now.since(self.closed_at), recovery.ramp);
        let pass = Pass { generation: glance.generation(), probe: None };
        if elapsed >= whole {
            self.opened.setbacks = 0;
            self.ramp_is_over = true;
            machine.shift(self, Code::Closed, now);
            return Ok(pass);
        }
        let share = u128::from(elapsed.0.max(whole.0 / 20));
        match u128::from(chance) * u128::from(whole.0) <= share * u128::from(u32::MAX) {
            true => Ok(pass),
            false => Err(self.opened.refusal(now, Some(self.closed_at + whole))),
        }
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let glance = self.glance();
        f.debug_struct("Machine")
            .field("state", &glance.state())
            .field("generation", &glance.generation())
            .finish()
    }
}
