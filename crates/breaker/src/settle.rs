//! What follows from how a call ended.

use std::sync::Arc;

use palisade_core::Micros;
use palisade_core::classify::Verdict;
use palisade_core::guard::{Account, Admission, End};
use palisade_core::telemetry::{Counter, Ticket};

use crate::circuit::{Circuit, Keyhold};
use crate::counters::{ELSEWHERE, FAILED, IGNORED, PASSED};
use crate::desk::Desk;
use crate::evidence::ring::Mark;
use crate::machine::{Pass, Probe, ProbeEnd};
use crate::plan::Plan;

/// What an end says of the service, besides its verdict.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remark {
    /// Until when it asks to be left alone.
    pub(crate) hold: Micros,
    /// It had too many calls: no failure, but no sign of recovery.
    pub(crate) throttled: bool,
}

/// How many bits of a generation a guard keeps; the rest is the probe.
pub(crate) const GENERATION_BITS: u32 = 32;

/// How a call ended.
pub(crate) struct Ended {
    pub(crate) verdict: Verdict,
    pub(crate) slow: bool,
    pub(crate) remark: Remark,
    pub(crate) outcome: Counter,
    pub(crate) now: Micros,
}

pub(crate) fn outcome(verdict: Verdict) -> Counter {
    match verdict {
        Verdict::Failure => FAILED,
        Verdict::Success | Verdict::AtEnd => PASSED,
        Verdict::Neutral => IGNORED,
    }
}

pub(crate) fn circuit<'c>(desk: &'c Desk, keyhold: Option<&'c Keyhold>) -> &'c Circuit {
    match keyhold {
        None => &desk.circuit,
        Some(keyhold) => &keyhold.circuit,
    }
}

/// Counts an end, judges it, and lets the circuit follow it.
pub(crate) fn settle(
    desk: &Desk,
    keyhold: Option<&Keyhold>,
    pass: Pass,
    ticket: Ticket,
    end: &Ended,
) {
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
            circuit.evidence.succeed(desk.flags());
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
    pub(crate) fn span(&self) -> Micros {
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
