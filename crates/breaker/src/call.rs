//! A call that was admitted, until its end is known.

use std::sync::Arc;

use palisade_core::classify::Verdict;
use palisade_core::guard::{Account, Admission, End, Guard, Ref};
use palisade_core::telemetry::{Counter, Ticket};
use palisade_core::{CallContext, Micros};

use crate::circuit::{Circuit, Keyhold};
use crate::counters::{ELSEWHERE, FAILED, IGNORED, PASSED};
use crate::desk::Desk;
use crate::evidence::ring::Mark;
use crate::machine::{Pass, Probe, ProbeEnd};
use crate::plan::Plan;

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

/// What an end says of the service, besides its verdict.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remark {
    /// Until when it asks to be left alone.
    pub(crate) hold: Micros,
    /// It had too many calls: no failure, but no sign of recovery.
    pub(crate) throttled: bool,
}

/// How many bits of a generation a guard keeps; the rest is the probe.
const GENERATION_BITS: u32 = 32;

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
            hung => (self.desk.now(&terms) + hung).min(deadline),
        };
    }

    /// The time, by the breaker's clock.
    pub(crate) fn now(&self) -> Micros {
        self.desk.now(&self.desk.terms())
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
        let terms = self.desk.terms();
        let circuit = circuit(self.desk, self.keyhold.as_deref());
        let is_current = self.generation == circuit.machine.glance().generation();
        let is_plain = verdict == Verdict::Success && self.probe.is_none();
        if !is_plain || !is_current || terms.times_calls() {
            return self.end_slowly(verdict, remark);
        }
        // The way of nearly every call: it is counted, and nothing follows from it.
        let mut moved = false;
        if terms.uses.time {
            moved = circuit.evidence.roll(self.desk.now(&terms), || self.desk.span());
        }
        circuit.evidence.succeed(terms.uses);
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

/// How a call ended.
struct Ended {
    verdict: Verdict,
    slow: bool,
    remark: Remark,
    outcome: Counter,
    now: Micros,
}

fn outcome(verdict: Verdict) -> Counter {
    match verdict {
        Verdict::Failure => FAILED,
        Verdict::Success | Verdict::AtEnd => PASSED,
        Verdict::Neutral => IGNORED,
    }
}

fn circuit<'c>(desk: &'c Desk, keyhold: Option<&'c Keyhold>) -> &'c Circuit {
    match keyhold {
        None => &desk.circuit,
        Some(keyhold) => &keyhold.circuit,
    }
}

/// Counts an end, judges it, and lets the circuit follow it.
fn settle(desk: &Desk, keyhold: Option<&Keyhold>, pass: Pass, ticket: Ticket, end: &Ended) {
    let plan = desk.plan.load();
    let (circuit, key) = (circuit(desk, keyhold), keyhold.map(|keyhold| &keyhold.key));
    // A verdict on an older generation counts for nothing, nor does a probe in the window that begins
    // when the breaker closes.
    let counts = circuit.machine.glance().generation() == pass.generation
        && pass.probe.is_none()
        && end.verdict != Verdict::Neutral;
    if counts {
        circuit.evidence.roll(end.now, || plan.settings.span().into());
        let failed = end.verdict == Verdict::Failure;
        if failed || end.slow {
            circuit.evidence.strain(Mark { failed, slow: end.slow }, end.remark.hold);
        } else {
            circuit.evidence.succeed(desk.terms().uses);
        }
    }
    ticket.add(end.outcome);
    if end.outcome == PASSED && !(counts && keyhold.is_none()) {
        ticket.add(ELSEWHERE);
    }
    if counts {
        circuit.look(desk, key, &plan, pass.generation, end.now);
    } else if pass.probe.is_some() {
        circuit.probed(desk, key, &plan, pass, end);
    }
    // Last: with its last ticket the desk may go to another layer.
    ticket.discard();
}

impl Circuit {
    fn probed(&self, desk: &Desk, key: Option<&Arc<str>>, plan: &Plan, pass: Pass, end: &Ended) {
        let result = match end.verdict {
            Verdict::Failure => ProbeEnd::Failure,
            Verdict::Neutral => ProbeEnd::Nothing,
            Verdict::Success | Verdict::AtEnd if end.slow || end.remark.throttled => {
                ProbeEnd::Failure
            }
            Verdict::Success | Verdict::AtEnd => ProbeEnd::Success,
        };
        let not_before = plan.cap(end.remark.hold, end.now);
        let renew = || self.evidence.renew(&plan.settings);
        let asked = desk.ask(plan, end.now);
        desk.announce(plan, key, self.machine.probed(pass, result, not_before, &asked, renew));
    }
}

impl Desk {
    fn span(&self) -> Micros {
        self.plan.load().settings.span().into()
    }

    /// The end of a call that a response's body held.
    fn hear(&self, keyhold: Option<&Keyhold>, admission: Admission, end: End) {
        let Admission { generation, at, ticket } = admission;
        let current = circuit(self, keyhold).machine.glance().generation();
        // Of the generation only the lower half was kept.
        let is_current = current as u32 == (generation >> GENERATION_BITS) as u32;
        let probe = generation as u32;
        let pass = Pass {
            generation: if is_current { current } else { u64::MAX },
            probe: (probe != 0).then_some(Probe(probe)),
        };
        let (verdict, outcome) = match end {
            End::Success => (Verdict::Success, PASSED),
            End::Failure => (Verdict::Failure, FAILED),
            // The head was there in time: who goes away from a stream says nothing.
            End::Abandoned => (Verdict::Neutral, Counter::ABANDONED),
        };
        let (slow, now) = (at > Micros::ZERO, self.plan.load().clock.now());
        let end = Ended { verdict, slow, remark: Remark::default(), outcome, now };
        settle(self, keyhold, pass, ticket, &end);
    }
}

impl Account for Desk {
    fn settle(&self, admission: Admission, end: End) {
        self.hear(None, admission, end);
    }
}

impl Account for Keyhold {
    fn settle(&self, admission: Admission, end: End) {
        self.desk.hear(Some(self), admission, end);
    }
}
