//! A call that waits for its turn.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::{Alarm, Respond};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::layer::future::fail;
use crate::stay::Stay;
use crate::turn::Turn;

pin_project! {
    /// All that is needed only while a call waits, in one box.
    pub(crate) struct Waiting<S, Req, R> {
        inner: S,
        request: Option<Req>,
        respond: R,
        turn: Turn,
        // For the end of the wait; once the call is in, for its deadline.
        #[pin]
        alarm: Alarm,
        stay: Option<Stay>,
    }
}

/// How a wait ends.
pub(crate) enum Next<F, T, E> {
    Call(F, Option<Stay>),
    Done(Result<T, E>),
}

impl<S, Req, R> Waiting<S, Req, R> {
    pub(crate) fn new(turn: Turn, inner: S, request: Req, respond: R) -> Self {
        Self { inner, request: Some(request), respond, turn, alarm: Alarm::new(), stay: None }
    }

    /// Waits for its turn, then readies the inner service, then calls it. A call that is in, but
    /// whose deadline passes before the inner service is ready, is not made.
    #[allow(clippy::type_complexity)] // The service's own associated types, spelled out.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Next<S::Future, R::Response, R::Error>>
    where
        S: Service<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        let mut this = self.project();
        let Some(request) = &*this.request else { return Poll::Pending };
        if this.stay.is_none() {
            match ready!(this.turn.poll(this.alarm.as_mut(), cx)) {
                Ok(stay) => *this.stay = Some(stay),
                Err(why) => {
                    return Poll::Ready(Next::Done(this.respond.reject(why, R::meta(request))));
                }
            }
            this.alarm.set(Alarm::new());
        }
        let readied = this.inner.poll_ready(cx);
        if let Poll::Ready(Err(error)) = readied {
            let error = fail::<Req, S::Response, _, R>(error, this.stay.as_mut());
            return Poll::Ready(Next::Done(Err(error)));
        }
        let late = if readied.is_ready() {
            this.turn.is_late()
        } else {
            ready!(this.turn.poll_late(this.alarm, cx));
            true
        };
        if late && let Some(stay) = this.stay.take() {
            let why = this.turn.expire(stay);
            return Poll::Ready(Next::Done(this.respond.reject(why, R::meta(request))));
        }
        match this.request.take() {
            Some(request) => Poll::Ready(Next::Call(this.inner.call(request), this.stay.take())),
            None => Poll::Pending,
        }
    }
}
