//! The second request, and what the first one brought if it was no answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::{Alarm, CallContext, Micros};
use pin_project_lite::pin_project;
use tower_service::Service;

pin_project! {
    /// A request that is sent as soon as its service is ready.
    pub(crate) struct Second<S, Req>
    where
        S: Service<Req>,
    {
        service: S,
        request: Option<Req>,
        #[pin]
        future: Option<S::Future>,
        // What the first request brought, while this one may still be answered.
        first: Option<Result<S::Response, S::Error>>,
        #[pin]
        alarm: Alarm,
    }
}

impl<S, Req> Second<S, Req>
where
    S: Service<Req>,
{
    pub(crate) const fn new(service: S, request: Req) -> Self {
        let alarm = Alarm::new();
        Self { service, request: Some(request), future: None, first: None, alarm }
    }

    /// Keeps what the first request brought.
    pub(crate) fn keep(self: Pin<&mut Self>, first: Result<S::Response, S::Error>) {
        *self.project().first = Some(first);
    }

    /// What the first request brought.
    pub(crate) fn take_first(self: Pin<&mut Self>) -> Option<Result<S::Response, S::Error>> {
        self.project().first.take()
    }

    /// Ready when the first request has failed, and the call's deadline has passed before this one was
    /// sent: nobody need wait for it.
    pub(crate) fn poll_late(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        now: impl FnOnce() -> Micros,
    ) -> Poll<()> {
        let this = self.project();
        match CallContext::current().deadline() {
            Some(deadline) if this.first.is_some() && this.future.is_none() => {
                this.alarm.poll(cx, || deadline.since(now()).to_duration())
            }
            _ => Poll::Pending,
        }
    }

    /// What it brings; a service that cannot be readied has failed.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, S::Error>> {
        let mut this = self.project();
        let context = CallContext::current();
        let context = context.with_attempt(context.attempt().saturating_add(1));
        context.enter(|| {
            if this.future.is_none() {
                ready!(this.service.poll_ready(cx))?;
                let Some(request) = this.request.take() else { return Poll::Pending };
                this.future.set(Some(this.service.call(request)));
            }
            match this.future.as_pin_mut() {
                Some(future) => future.poll(cx),
                None => Poll::Pending,
            }
        })
    }
}
