//! A call whose limit is kept in a store that takes its time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use palisade_core::algorithm::{Op, Outcome};
use palisade_core::base::Shared as _;
use palisade_core::store::{AnyStore, Charge, Execution, Policy};
use palisade_core::telemetry::Ticket;
use palisade_core::{Alarm, Reason, Respond};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::counters::{PASSED, REJECTED, SHADOWED, STORE_ERRORS};
use crate::options::Outage;
use crate::shared::{Bucket, Shared};
use crate::stamp::Stamp;
use crate::verdict::Verdict;

/// How long a store may take for a decision.
const BUDGET: Duration = Duration::from_millis(50);

pin_project! {
    /// All that is needed only while the store decides, in one box.
    pub(crate) struct Waiting<S, Req, R> {
        decision: Option<Decision>,
        #[pin]
        alarm: Alarm,
        stamp: Option<Stamp>,
        inner: S,
        request: Option<Req>,
        respond: R,
    }
}

/// A question to the store.
pub(crate) struct Decision {
    execution: Execution,
    shared: Arc<Shared>,
    /// Where the limit is kept in this process, should the store not answer.
    bucket: Bucket,
    by: &'static str,
    ticket: Ticket,
}

/// How a wait ends.
pub(crate) enum Next<F, T, E> {
    Call(F, Option<Stamp>),
    Done(Result<T, E>),
}

impl Decision {
    /// Asks `store` for one unit of the limit that is known there as `key`.
    pub(crate) fn ask(
        store: &AnyStore,
        shared: &Arc<Shared>,
        key: Arc<str>,
        bucket: Bucket,
        by: &'static str,
    ) -> Self {
        let policy = Policy::new(shared.base().name(), shared.gcra());
        let charge = Charge { key, policy, units: 1, class: 0 };
        Self {
            execution: store.execute(Op::Decide, vec![charge]),
            shared: Arc::clone(shared),
            bucket,
            by,
            ticket: shared.base().meter().enter(),
        }
    }

    /// The store's answer; `None` if it has none, or none in time.
    fn poll(&mut self, alarm: Pin<&mut Alarm>, cx: &mut Context<'_>) -> Poll<Option<Outcome>> {
        match self.execution.as_mut().poll(cx) {
            Poll::Ready(Ok(answer)) => Poll::Ready(answer.outcomes.first().copied()),
            Poll::Ready(Err(_)) => Poll::Ready(None),
            Poll::Pending => alarm.poll(cx, || BUDGET).map(|()| None),
        }
    }

    /// What follows from the answer.
    fn judge(self, answer: Option<Outcome>) -> (Verdict, Arc<Shared>) {
        let Self { shared, bucket, by, ticket, .. } = self;
        let switch = shared.switch();
        let outcome = answer.or_else(|| {
            ticket.add(STORE_ERRORS);
            match shared.fixed.outage {
                // Switched off meanwhile, it has nothing to say.
                Outage::Local => {
                    shared.execute(bucket, Op::Decide, 1).1.or(Some(Outcome::UNLIMITED))
                }
                Outage::Allow => Some(Outcome::UNLIMITED),
                Outage::Deny => None,
            }
        });
        let reason = match outcome {
            Some(outcome) if outcome.allowed => {
                ticket.close(PASSED);
                let known = outcome != Outcome::UNLIMITED;
                return (Verdict::Pass(known.then_some(outcome)), shared);
            }
            Some(_) => Reason::rate_limited(shared.quota(), by),
            None => Reason::StoreDown,
        };
        let verdict = shared.verdict(switch, reason, outcome);
        ticket.close(if matches!(verdict, Verdict::Pass(_)) { SHADOWED } else { REJECTED });
        (verdict, shared)
    }
}

impl<S, Req, R> Waiting<S, Req, R> {
    pub(crate) const fn new(decision: Decision, inner: S, request: Req, respond: R) -> Self {
        Self {
            decision: Some(decision),
            alarm: Alarm::new(),
            stamp: None,
            inner,
            request: Some(request),
            respond,
        }
    }

    /// Decides, then readies the inner service, then calls it.
    #[allow(clippy::type_complexity)] // The service's own associated types, spelled out.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Next<S::Future, R::Response, R::Error>>
    where
        S: Service<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        let this = self.project();
        if let Some(asking) = this.decision {
            let answer = ready!(asking.poll(this.alarm, cx));
            let Some(decision) = this.decision.take() else { return Poll::Pending };
            match decision.judge(answer) {
                (Verdict::Pass(outcome), shared) => {
                    *this.stamp = Stamp::of::<_, _, _, R>(&shared, outcome);
                }
                (Verdict::Refuse(why, outcome), shared) => {
                    let Some(request) = this.request.take() else { return Poll::Pending };
                    let meta = R::meta(&request);
                    let answer = Stamp::refuse(&shared, outcome, this.respond, why, meta);
                    return Poll::Ready(Next::Done(answer));
                }
            }
        }
        if let Err(error) = ready!(this.inner.poll_ready(cx)) {
            return Poll::Ready(Next::Done(Err(R::fail(error))));
        }
        match this.request.take() {
            Some(request) => Poll::Ready(Next::Call(this.inner.call(request), this.stamp.take())),
            None => Poll::Pending,
        }
    }
}
