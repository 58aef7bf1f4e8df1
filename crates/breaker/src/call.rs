//! A call that was admitted, until its end is known.

use std::sync::Arc;

use palisade_core::classify::Verdict;
use palisade_core::guard::{Admission, Guard, Ref};
use palisade_core::telemetry::{Counter, Ticket};
use palisade_core::{CallContext, Micros};

use crate::circuit::Keyhold;
use crate::counters::{ELSEWHERE, FAILED, PASSED};
use crate::desk::Desk;
use crate::machine::{Pass, Probe};
use crate::settle::{Ended, GENERATION_BITS, Remark, circuit, outcome, settle};

/// A call that was admitted. Dropped, it was abandoned, or has panicked.
///
/// It is moved around a lot, so it is small: what only a call that takes its time has to know is found
/// out when it does.
#[derive(Debug)]
pub(crate) struct Call {
    desk: &'static Desk,
    /// `None`: the circuit is the desk's own.
    keyhold: Option<Arc<Keyhold>>,
    generation: u64,
    probe: Option<Probe>,
    /// Closed once the end is known.
    ticket: Ticket,
    /// When it began, if durations matter; else `Micros::ZERO`.
    started: Micros,
    /// From when on it has failed if it is abandoned; `Micros::ZERO` until it has to wait.
    hung_at: Micros,
}

impl Call {
    #[inline]
    pub(crate) const fn new(
        desk: &'static Desk,
        keyhold: Option<Arc<Keyhold>>,
        pass: Pass,
        started: Micros,
        ticket: Ticket,
    ) -> Self {
        let Pass { generation, probe } = pass;
        Self { desk, keyhold, generation, probe, ticket, started, hung_at: Micros::ZERO }
    }

    /// The call has to wait: from now on it is known when it will have taken too long.
    #[inline]
    pub(crate) fn began(&mut self) {
        if self.hung_at == Micros::ZERO {
            self.begin();
        }
    }

    #[cold]
    fn begin(&mut self) {
        let terms = self.desk.terms();
        let deadline = CallContext::current().deadline().unwrap_or(Micros::MAX);
        self.hung_at = match terms.hung {
            Micros::MAX => Micros::MAX,
            hung if self.started > Micros::ZERO => (self.started + hung).min(deadline),
            hung => (self.now() + hung).min(deadline),
        };
    }

    /// The time, by the breaker's clock.
    pub(crate) fn now(&self) -> Micros {
        self.desk.now(self.desk.flags())
    }

    /// Whether it tries if the service has recovered.
    pub(crate) const fn is_probe(&self) -> bool {
        self.probe.is_some()
    }

    const fn pass(&self) -> Pass {
        Pass { generation: self.generation, probe: self.probe }
    }

    /// Somebody else will say how it ended: its ticket is closed, and nothing is counted.
    pub(crate) fn forget(mut self) {
        std::mem::take(&mut self.ticket).discard();
    }

    /// It goes on to the end of the response's body.
    pub(crate) fn into_guard(mut self) -> Guard {
        let ticket = std::mem::take(&mut self.ticket);
        let probe = self.probe.map_or(0, |Probe(probe)| probe);
        // In time; what its end comes too late for is found by the generation.
        let generation = self.generation << GENERATION_BITS | u64::from(probe);
        let slow = self.is_slow(self.now());
        let admission = Admission { generation, at: Micros(slow.into()), ticket };
        match self.keyhold.take() {
            None => Guard::<Desk>::new(self.desk, admission).erase(),
            Some(keyhold) => Guard::<Keyhold>::new(Ref::Shared(keyhold), admission).erase(),
        }
    }

    /// It ended with this verdict on the service.
    #[inline]
    pub(crate) fn end(&mut self, verdict: Verdict, remark: Remark) {
        if !self.ticket.is_open() {
            return;
        }
        let flags = self.desk.flags();
        let circuit = circuit(self.desk, self.keyhold.as_deref());
        let is_current = self.generation == circuit.machine.glance().generation();
        let is_plain = verdict == Verdict::Success && self.probe.is_none();
        if !is_plain || !is_current || flags.times_calls() {
            return self.end_slowly(verdict, remark);
        }
        // The way of nearly every call: it is counted, and nothing follows from it.
        let mut moved = false;
        if flags.time() {
            moved = circuit.evidence.roll(self.desk.now(flags), || self.desk.span());
        }
        circuit.evidence.succeed(flags);
        // Closed last: with its last ticket the desk may go to another layer.
        let ticket = std::mem::take(&mut self.ticket);
        ticket.add(PASSED);
        if self.keyhold.is_some() {
            ticket.add(ELSEWHERE);
        }
        if moved || circuit.evidence.is_watched() {
            self.look();
        }
        if self.keyhold.is_some() {
            self.keyhold = None;
        }
        ticket.discard();
    }

    /// The same for a call that is kept nowhere.
    #[inline]
    pub(crate) fn finish(mut self, verdict: Verdict) {
        self.end(verdict, Remark::default());
        // Nothing is left to be dropped, and not to look is cheaper.
        std::mem::forget(self);
    }

    #[cold]
    fn look(&self) {
        let plan = self.desk.plan.load();
        let (keyhold, now) = (self.keyhold.as_deref(), plan.clock.now());
        let circuit = circuit(self.desk, keyhold);
        let key = keyhold.map(|keyhold| &keyhold.key);
        circuit.look(self.desk, key, &plan, self.generation, now);
    }

    fn is_slow(&self, now: Micros) -> bool {
        self.started > Micros::ZERO && now.since(self.started) >= self.desk.terms().slow
    }

    #[inline(never)]
    fn end_slowly(&mut self, verdict: Verdict, remark: Remark) {
        let (ticket, now) = (std::mem::take(&mut self.ticket), self.now());
        let slow = verdict != Verdict::Neutral && self.is_slow(now);
        let end = Ended { verdict, slow, remark, outcome: outcome(verdict), now };
        settle(self.desk, self.keyhold.take().as_deref(), self.pass(), ticket, &end);
    }

    /// It was dropped before its end.
    #[cold]
    fn abandon(&mut self) {
        let (ticket, now) = (std::mem::take(&mut self.ticket), self.now());
        // By hand nobody says that a call has to wait; if it is timed it is known all the same.
        if self.hung_at == Micros::ZERO && self.started > Micros::ZERO {
            self.begin();
        }
        let hung = self.hung_at > Micros::ZERO && now >= self.hung_at;
        let (verdict, outcome) = match (std::thread::panicking(), hung) {
            (true, _) => (Verdict::Failure, FAILED),
            (false, true) => (Verdict::Failure, Counter::ABANDONED),
            (false, false) => (Verdict::Neutral, Counter::ABANDONED),
        };
        let slow = verdict == Verdict::Failure && self.is_slow(now);
        let end = Ended { verdict, slow, remark: Remark::default(), outcome, now };
        settle(self.desk, self.keyhold.take().as_deref(), self.pass(), ticket, &end);
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if self.ticket.is_open() {
            self.abandon();
        }
    }
}
