//! The future.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use palisade_core::telemetry::{self, Counter, Ticket};
use palisade_core::{Alarm, CallContext, Micros};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::core::Core;
use super::second::Second;
use super::shared::{
    BUDGET, DEADLINE, FAILED, LAYER, LOST, NOT_REPLAYABLE, PASSED, SECOND_FAILED, WON,
};
use crate::asked::{Asked, Rules as _};
use crate::judge::{Advice, Judge};
use crate::repeat::Repeat;
use crate::tools::{Tools, refresh_deadline};

pin_project! {
    /// The future of a [`Hedge`](crate::hedge::Hedge) service.
    ///
    /// Dropping it drops both requests.
    pub struct ResponseFuture<S, Req, J, K>
    where
        S: Service<Req>,
        K: Repeat<Req>,
    {
        // `None` once it has ended.
        #[pin]
        first: Option<S::Future>,
        // `None` where nothing is hedged, and once the call has ended.
        attempt: Option<(Call, Tools<S, J, K, K::Kept>)>,
        #[pin]
        alarm: Alarm,
        // Whether the call was found to be slow, or it does not matter.
        slow: bool,
        second: Option<Pin<Box<Second<S, Req>>>>,
    }
}

/// What is known of a call, whatever its types are.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) core: &'static Core,
    pub(crate) ticket: Ticket,
    /// When it began; nothing where that is not learnt from.
    pub(crate) since: Micros,
    pub(crate) is_idempotent: bool,
    pub(crate) is_grpc: bool,
}

impl Call {
    fn is_answer<J, Res, Err>(&self, judge: &J, outcome: Result<&Res, &Err>) -> bool
    where
        J: Judge<Res, Err>,
    {
        judge.judge(outcome, &Asked::new(self.is_grpc, self.core)) == Advice::Done
    }

    /// How long until a call that is slow after `delay` is slow.
    fn remaining(&self, delay: Micros) -> Duration {
        match self.since {
            // It was not looked at the clock: the timer begins now.
            Micros::ZERO => delay.to_duration(),
            since => (since + delay).since(self.core.now()).to_duration(),
        }
    }

    /// The second request, or why there is none.
    fn again<Req, S, J, K: Repeat<Req>>(
        &self,
        tools: &Tools<S, J, K, K::Kept>,
    ) -> Result<Req, Counter> {
        let mut request = tools.again().ok_or(NOT_REPLAYABLE)?;
        let (plan, now) = (self.core.plan(), self.core.now());
        let context = CallContext::current();
        if context.deadline().is_some_and(|deadline| now >= deadline) {
            return Err(DEADLINE);
        }
        // Last, since what is taken is not given back.
        if !plan.budget.withdraw(now) {
            return Err(BUDGET);
        }
        if let Some(headers) = K::headers(&mut request) {
            refresh_deadline(headers, self.is_grpc, &context, || now);
        }
        telemetry::retried(LAYER, plan.name, 2, Micros::ZERO);
        Ok(request)
    }

    /// The call ends so; its second request, if there was one, so.
    fn end(&mut self, outcome: Counter, second: Option<Counter>) {
        let ticket = mem::take(&mut self.ticket);
        if let Some(second) = second {
            ticket.add(second);
        }
        ticket.close(outcome);
    }

    /// The first request has taken so long, or longer.
    fn learn(&self) {
        if self.since > Micros::ZERO {
            self.core.learn(self.since);
        }
    }
}

impl<S, Req, J, K> ResponseFuture<S, Req, J, K>
where
    S: Service<Req>,
    K: Repeat<Req>,
{
    pub(crate) const fn passing(first: S::Future) -> Self {
        Self { first: Some(first), attempt: None, alarm: Alarm::new(), slow: false, second: None }
    }

    #[inline]
    pub(crate) const fn first(
        first: S::Future,
        call: Call,
        tools: Tools<S, J, K, K::Kept>,
    ) -> Self {
        let slow = !call.is_idempotent;
        let attempt = Some((call, tools));
        Self { first: Some(first), attempt, alarm: Alarm::new(), slow, second: None }
    }
}

impl<S, Req, J, K> Future for ResponseFuture<S, Req, J, K>
where
    S: Service<Req> + Clone,
    J: Judge<S::Response, S::Error>,
    K: Repeat<Req>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(first) = this.first.as_mut().as_pin_mut()
            && let Poll::Ready(outcome) = first.poll(cx)
        {
            this.first.set(None);
            let Some((call, tools)) = this.attempt else { return Poll::Ready(outcome) };
            let answered = call.is_answer(&tools.judge, outcome.as_ref());
            match this.second {
                // The other one may still be answered.
                Some(second) if !answered => second.as_mut().keep(outcome),
                second => {
                    if answered {
                        call.learn();
                    }
                    let second = second.take().map(|_| LOST);
                    call.end(if answered { PASSED } else { FAILED }, second);
                    *this.attempt = None;
                    return Poll::Ready(outcome);
                }
            }
        }
        let Some((call, tools)) = this.attempt else { return Poll::Pending };
        if !*this.slow {
            let Some(delay) = call.core.slow_after() else { return Poll::Pending };
            ready!(this.alarm.poll(cx, || call.remaining(delay)));
            *this.slow = true;
            match call.again(tools) {
                Ok(request) => {
                    let second = Second::new(tools.service.clone(), request);
                    *this.second = Some(Box::pin(second));
                }
                Err(why) => call.ticket.add(why),
            }
        }
        let Some(second) = this.second else { return Poll::Pending };
        let outcome = match second.as_mut().poll(cx) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => {
                ready!(second.as_mut().poll_late(cx, || call.core.now()));
                None
            }
        };
        let first = second.as_mut().take_first();
        *this.second = None;
        let outcome = match (outcome, first) {
            (Some(outcome), first) if call.is_answer(&tools.judge, outcome.as_ref()) => {
                if first.is_none() {
                    call.learn();
                }
                call.end(PASSED, Some(WON));
                outcome
            }
            (_, Some(first)) => {
                call.end(FAILED, Some(SECOND_FAILED));
                first
            }
            (outcome, None) => {
                // The first request goes on as if there had been no other.
                call.ticket.add(SECOND_FAILED);
                outcome.into_iter().for_each(|outcome| tools.judge.discard(outcome));
                return Poll::Pending;
            }
        };
        this.first.set(None);
        *this.attempt = None;
        Poll::Ready(outcome)
    }
}

impl<S, Req, J, K> fmt::Debug for ResponseFuture<S, Req, J, K>
where
    S: Service<Req>,
    K: Repeat<Req>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("slow", &self.slow)
            .field("hedged", &self.second.is_some())
            .finish_non_exhaustive()
    }
}
