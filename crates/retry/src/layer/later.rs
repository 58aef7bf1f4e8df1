//! The attempts after the first.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::telemetry::Counter;
use palisade_core::{Alarm, CallContext, Micros};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::asked::Rules as _;
use crate::backoff::Waits;
use crate::judge::{Advice, Again, Judge};
use crate::layer::call::Call;
use crate::repeat::Repeat;
use crate::shared::counters::{DEADLINE, NOT_REPLAYABLE};
use crate::tools::Tools;

pin_project! {
    /// All that is needed once an attempt has failed, in one box.
    pub(crate) struct Later<S, Req, J, K>
    where
        S: Service<Req>,
        K: Repeat<Req>,
    {
        call: Call,
        tools: Tools<S, J, K, K::Kept>,
        waits: Option<Waits>,
        // The number of the attempt that is waited for, or under way.
        attempt: u32,
        // What the one before brought: the answer, should there be no other.
        last: Option<Result<S::Response, S::Error>>,
        // A request that was not sent yet.
        request: Option<Req>,
        due: Micros,
        #[pin]
        step: Step<S::Future>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<F> {
        // Until the next attempt is due.
        Wait { #[pin] alarm: Alarm },
        // Until the service is ready, or it is too late.
        Ready { #[pin] alarm: Alarm },
        Call { #[pin] future: F },
    }
}

impl<S, Req, J, K> Later<S, Req, J, K>
where
    S: Service<Req> + Clone,
    K: Repeat<Req>,
{
    /// The first attempt has failed before there was a call: nobody was ready for it.
    pub(crate) fn unready(
        call: Call,
        tools: Tools<S, J, K, K::Kept>,
        request: Req,
        again: Again,
    ) -> Self {
        let (due, waits) = call.second(again);
        Self {
            call,
            tools,
            waits: Some(waits),
            attempt: 2,
            last: None,
            request: Some(request),
            due,
            step: Step::Wait { alarm: Alarm::new() },
        }
    }

    /// The first attempt has failed; if there is no other, its outcome.
    #[allow(clippy::type_complexity)] // The service's own associated types, spelled out.
    pub(crate) fn after(
        mut call: Call,
        tools: Tools<S, J, K, K::Kept>,
        outcome: Result<S::Response, S::Error>,
        advice: Advice,
    ) -> Result<Self, Result<S::Response, S::Error>> {
        let mut waits = None;
        match call.next(1, advice, || tools.can_repeat(), &mut waits) {
            Ok(due) => Ok(Self {
                call,
                tools,
                waits,
                attempt: 2,
                last: Some(outcome),
                request: None,
                due,
                step: Step::Wait { alarm: Alarm::new() },
            }),
            Err(why) => {
                call.fail(why);
                Err(outcome)
            }
        }
    }

    /// Waits, readies the service, sends the request again, judges, and so on.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, S::Error>>
    where
        J: Judge<S::Response, S::Error>,
    {
        let mut this = self.project();
        loop {
            let context = CallContext::current().with_attempt(*this.attempt);
            let now = || this.call.core.now();
            let (outcome, unsent) = match this.step.as_mut().project() {
                StepProj::Wait { alarm } => {
                    ready!(alarm.poll(cx, || this.due.since(now()).to_duration()));
                    this.step.set(Step::Ready { alarm: Alarm::new() });
                    continue;
                }
                StepProj::Ready { alarm } => {
                    match context.enter(|| this.tools.service.poll_ready(cx)) {
                        Poll::Ready(Ok(())) => {
                            let request = this.request.take().or_else(|| this.tools.again());
                            let Some(mut request) = request else {
                                return give_up(this.call, this.last, NOT_REPLAYABLE);
                            };
                            if let Some(headers) = K::headers(&mut request) {
                                this.call.mark(headers, &context);
                            }
                            if let Some(last) = this.last.take() {
                                this.tools.judge.discard(last);
                            }
                            let future = context.enter(|| this.tools.service.call(request));
                            this.step.set(Step::Call { future });
                            continue;
                        }
                        Poll::Ready(Err(error)) => {
                            this.tools.service = this.tools.service.clone();
                            (Err(error), true)
                        }
                        Poll::Pending => {
                            // Without an attempt there is nothing to answer with.
                            let until = this.call.until(&context).filter(|_| this.last.is_some());
                            let Some(until) = until else { return Poll::Pending };
                            ready!(alarm.poll(cx, || until.since(now()).to_duration()));
                            return give_up(this.call, this.last, DEADLINE);
                        }
                    }
                }
                StepProj::Call { future } => (ready!(context.enter(|| future.poll(cx))), false),
            };
            // What the attempt holds is given back now.
            this.step.set(Step::Wait { alarm: Alarm::new() });
            let advice = this.tools.judge.judge(outcome.as_ref(), &this.call.asked());
            let advice = if unsent { advice.unsent() } else { advice };
            if advice == Advice::Done {
                this.call.pass(*this.attempt);
                return Poll::Ready(outcome);
            }
            let can_repeat = || this.request.is_some() || this.tools.can_repeat();
            match this.call.next(*this.attempt, advice, can_repeat, this.waits) {
                Ok(due) => (*this.due, *this.last) = (due, Some(outcome)),
                Err(why) => {
                    this.call.fail(why);
                    return Poll::Ready(outcome);
                }
            }
            *this.attempt += 1;
        }
    }
}

/// The call ends with what it has.
fn give_up<T>(call: &mut Call, last: &mut Option<T>, why: Counter) -> Poll<T> {
    call.fail(why);
    last.take().map_or(Poll::Pending, Poll::Ready)
}
