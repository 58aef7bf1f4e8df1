//! A call, and whether another attempt of it is made.

use std::mem;

use http::{HeaderMap, HeaderName};
use palisade_core::telemetry::{self, Counter, Ticket};
use palisade_core::{CallContext, Micros};

use crate::asked::{Asked, Rules as _};
use crate::backoff::Waits;
use crate::judge::{Advice, Again};
use crate::shared::core::Core;
use crate::shared::counters::{
    ATTEMPTS, BUDGET, DEADLINE, EXHAUSTED, FAILED, LAYER, NOT_IDEMPOTENT, NOT_REPLAYABLE, PASSED,
    STOPPED, SUCCESS,
};
use crate::tools::refresh_deadline;

/// How many attempts a gRPC server has seen already (gRFC A6).
const GRPC_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// What is known of a call, whatever its types are.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) core: &'static Core,
    pub(crate) ticket: Ticket,
    /// When the first attempt began; nothing where it does not matter.
    pub(crate) since: Micros,
    pub(crate) is_idempotent: bool,
    pub(crate) is_grpc: bool,
}

impl Call {
    /// Whom an outcome is judged for.
    pub(crate) const fn asked(&self) -> Asked<'static> {
        Asked::new(self.is_grpc, self.core)
    }

    /// Whether another attempt is made after the one of this number, whose outcome was judged so; when, or
    /// else why not.
    pub(crate) fn next(
        &self,
        made: u32,
        advice: Advice,
        can_repeat: impl FnOnce() -> bool,
        waits: &mut Option<Waits>,
    ) -> Result<Micros, Counter> {
        let Advice::Again(advice) = advice else { return Err(STOPPED) };
        let settings = self.core.settings();
        if !settings.enabled {
            return Err(STOPPED);
        }
        if made >= settings.max_attempts {
            return Err(EXHAUSTED);
        }
        if !(advice.unsent || self.is_idempotent) {
            return Err(NOT_IDEMPOTENT);
        }
        if !can_repeat() {
            return Err(NOT_REPLAYABLE);
        }
        let plan = self.core.plan();
        let waits = waits.get_or_insert_with(|| plan.backoff.waits(self.core.rng()));
        let wait = Micros::from(waits.next().ok_or(EXHAUSTED)?);
        let asked = Micros::from(advice.after.unwrap_or_default());
        if asked > plan.max_retry_after {
            return Err(STOPPED);
        }
        let now = plan.clock.now();
        let due = now + asked + wait;
        let late = CallContext::current().deadline().is_some_and(|deadline| due >= deadline);
        if late || self.latest().is_some_and(|latest| due > latest) {
            return Err(DEADLINE);
        }
        // Last, since what is taken is not given back.
        if !plan.budget.withdraw(now) {
            return Err(BUDGET);
        }
        self.ticket.add(ATTEMPTS);
        telemetry::retried(LAYER, plan.name, made + 1, due.since(now));
        Ok(due)
    }

    /// When the second attempt is due that was granted before there was a call, and the waits after it.
    pub(crate) fn second(&self, again: Again) -> (Micros, Waits) {
        let plan = self.core.plan();
        let mut waits = plan.backoff.waits(self.core.rng());
        let wait = Micros::from(waits.next().unwrap_or_default());
        let wait = Micros::from(again.after.unwrap_or_default()) + wait;
        self.ticket.add(ATTEMPTS);
        telemetry::retried(LAYER, plan.name, 2, wait);
        (plan.clock.now() + wait, waits)
    }

    /// Until when an attempt must have begun.
    pub(crate) fn until(&self, context: &CallContext) -> Option<Micros> {
        let deadline = context.deadline().unwrap_or(Micros::MAX);
        let latest = self.latest().unwrap_or(Micros::MAX);
        Some(deadline.min(latest)).filter(|&until| until < Micros::MAX)
    }

    /// When the last attempt may begin, by the bound on all of them.
    fn latest(&self) -> Option<Micros> {
        (self.since > Micros::ZERO).then(|| self.since + self.core.plan().max_elapsed)
    }

    /// Tells an attempt's request which one it is, and how much time it has.
    pub(crate) fn mark(&self, headers: &mut HeaderMap, context: &CallContext) {
        if let Some(name) = &self.core.plan().attempt_header
            && context.attempt() > 1
        {
            match self.is_grpc {
                true => headers.insert(GRPC_ATTEMPTS, (context.attempt() - 1).into()),
                false => headers.insert(name.clone(), context.attempt().into()),
            };
        }
        refresh_deadline(headers, self.is_grpc, context, || self.core.now());
    }

    /// The attempt of this number has answered the call.
    #[inline]
    pub(crate) fn pass(&mut self, attempt: u32) {
        let ticket = mem::take(&mut self.ticket);
        if attempt > 1 {
            ticket.add(SUCCESS);
        }
        ticket.close(PASSED);
    }

    /// The last attempt has failed, and there is none after it for this reason.
    pub(crate) fn fail(&mut self, why: Counter) {
        let ticket = mem::take(&mut self.ticket);
        ticket.add(why);
        ticket.close(FAILED);
    }
}
