//! The future.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use palisade_core::{Alarm, Name, Reason, Rejection, Respond};
use pin_project_lite::pin_project;

use crate::run::{Attached, Run};
use crate::shared::counters::LAYER;
use crate::timed::Timed;

pin_project! {
    /// The future of a [`Timeout`](crate::Timeout) service.
    ///
    /// Dropping it drops the inner future, unless that is [detached](crate::TimeoutLayer::detach), and
    /// counts the call as abandoned.
    pub struct ResponseFuture<F, Req, R, M, D = Attached>
    where
        F: Future,
        D: Run<F>,
    {
        // `None` once it is over, or if it was not made.
        #[pin]
        call: Option<D::Call>,
        #[pin]
        alarm: Alarm,
        timed: Option<Timed>,
        // Who refuses it, if it was not made.
        expired: Option<Name>,
        respond: R,
        meta: Option<M>,
        request: PhantomData<fn(Req)>,
    }
}

impl<F: Future, Req, R, M, D: Run<F>> ResponseFuture<F, Req, R, M, D> {
    #[inline]
    pub(crate) fn new(call: F, timed: Option<Timed>, respond: R, meta: M) -> Self {
        let call = Some(D::run(call, timed.is_some()));
        Self::with(call, timed, None, respond, meta)
    }

    pub(crate) fn expired(name: Name, respond: R, meta: M) -> Self {
        Self::with(None, None, Some(name), respond, meta)
    }

    #[inline]
    fn with(
        call: Option<D::Call>,
        timed: Option<Timed>,
        expired: Option<Name>,
        respond: R,
        meta: M,
    ) -> Self {
        let (alarm, meta, request) = (Alarm::new(), Some(meta), PhantomData);
        Self { call, alarm, timed, expired, respond, meta, request }
    }
}

impl<F, Req, Res, Err, R, D> Future for ResponseFuture<F, Req, R, R::Meta, D>
where
    F: Future<Output = Result<Res, Err>>,
    R: Respond<Req, Res, Err>,
    D: Run<F>,
{
    type Output = Result<R::Response, R::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(mut call) = this.call.as_mut().as_pin_mut() else {
            let why = this.expired.take().map(|name| Rejection::new(LAYER, name, Reason::Expired));
            return match (why, this.meta.take()) {
                (Some(why), Some(meta)) => Poll::Ready(this.respond.reject(why, meta)),
                _ => Poll::Pending,
            };
        };
        let polled = match this.timed {
            Some(timed) => timed.context.enter(|| call.as_mut().poll(cx)),
            None => call.as_mut().poll(cx),
        };
        if let Poll::Ready(result) = polled {
            // Ended where it is: to move it out takes longer than all the rest. Only a body moves it.
            let watched = match (&result, &*this.timed) {
                (Ok(response), Some(timed)) if timed.watches::<_, _, _, R>(response) => {
                    this.timed.take()
                }
                _ => None,
            };
            if let Some(tab) = this.timed.as_mut().and_then(|timed| timed.tab.take()) {
                tab.close(result.is_ok());
            }
            return Poll::Ready(match result {
                Ok(response) => Ok(match watched {
                    Some(timed) => timed.watch::<_, _, _, R>(response),
                    None => R::pass(response),
                }),
                Err(error) => Err(R::fail(error)),
            });
        }
        let Some(timed) = this.timed else { return Poll::Pending };
        let why = if D::is_lost(&call) {
            timed.lose()
        } else {
            // Late already, and of the share that runs on.
            if timed.tab.is_none() {
                return Poll::Pending;
            }
            let remaining = || timed.due().since(timed.clock.now()).to_duration();
            if this.alarm.poll(cx, remaining).is_pending() {
                return Poll::Pending;
            }
            let Some(why) = timed.late() else { return Poll::Pending };
            why
        };
        // What the inner service holds is given back now, not when this future is dropped.
        this.call.set(None);
        match this.meta.take() {
            Some(meta) => Poll::Ready(this.respond.reject(why, meta)),
            None => Poll::Pending,
        }
    }
}

impl<F: Future, Req, R, M, D: Run<F>> fmt::Debug for ResponseFuture<F, Req, R, M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("timed", &self.timed.is_some())
            .finish_non_exhaustive()
    }
}
