//! The future.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::switch::Switch;
use palisade_core::telemetry::{self, Ticket};
use palisade_core::{Alarm, CallContext, Clock, Late, Micros, Name, Reason, Rejection, Respond};
use pin_project_lite::pin_project;

use crate::shared::{FAILED, LAYER, PASSED, SHADOWED, Shared, TIMED_OUT};

pin_project! {
    /// The future of a [`Timeout`](crate::Timeout) service.
    ///
    /// Dropping it drops the inner future, and counts the call as abandoned.
    pub struct ResponseFuture<F, Req, R, M> {
        #[pin]
        future: Option<F>,
        #[pin]
        alarm: Alarm,
        watch: Option<Watch>,
        respond: R,
        meta: Option<M>,
        request: PhantomData<fn(Req)>,
    }
}

/// A call that is timed.
pub(crate) struct Watch {
    pub(crate) name: Name,
    pub(crate) limit: Micros,
    pub(crate) deadline: Micros,
    pub(crate) clock: Clock,
    pub(crate) context: CallContext,
    pub(crate) ticket: Ticket,
    /// Who decides whether the call is cut when it is late; `None` if it is in any case.
    pub(crate) lenient: Option<(Arc<Shared>, Switch)>,
}

impl<F, Req, R, M> ResponseFuture<F, Req, R, M> {
    pub(crate) const fn new(future: F, watch: Option<Watch>, respond: R, meta: M) -> Self {
        Self {
            future: Some(future),
            alarm: Alarm::new(),
            watch,
            respond,
            meta: Some(meta),
            request: PhantomData,
        }
    }
}

impl<F, Req, Res, Err, R> Future for ResponseFuture<F, Req, R, R::Meta>
where
    F: Future<Output = Result<Res, Err>>,
    R: Respond<Req, Res, Err>,
{
    type Output = Result<R::Response, R::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = match this.watch {
            Some(watch) => watch.context.enter(|| future.poll(cx)),
            None => future.poll(cx),
        };
        if let Poll::Ready(result) = polled {
            if let Some(watch) = this.watch.take() {
                watch.ticket.close(if result.is_ok() { PASSED } else { FAILED });
            }
            return Poll::Ready(match result {
                Ok(response) => Ok(R::pass(response)),
                Err(error) => Err(R::fail(error)),
            });
        }
        let Some(watch) = this.watch else { return Poll::Pending };
        let remaining = || watch.deadline.since(watch.clock.now()).to_duration();
        if this.alarm.poll(cx, remaining).is_pending() {
            return Poll::Pending;
        }
        let Some(watch) = this.watch.take() else { return Poll::Pending };
        if watch.lenient.is_some_and(|(shared, switch)| !shared.enforces(switch)) {
            watch.ticket.close(SHADOWED);
            return Poll::Pending;
        }
        watch.ticket.close(TIMED_OUT);
        // What the inner service holds is given back now, not when this future is dropped.
        this.future.set(None);
        let elapsed = watch.limit + watch.clock.now().since(watch.deadline);
        let (limit, elapsed) = (watch.limit.to_duration(), elapsed.to_duration());
        let reason = Reason::timed_out(Late::Head, limit, elapsed);
        let why = Rejection::new(LAYER, watch.name, reason);
        telemetry::rejected(&why);
        match this.meta.take() {
            Some(meta) => Poll::Ready(this.respond.reject(why, meta)),
            None => Poll::Pending,
        }
    }
}

impl<F, Req, R, M> fmt::Debug for ResponseFuture<F, Req, R, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("timed", &self.watch.is_some())
            .finish_non_exhaustive()
    }
}
