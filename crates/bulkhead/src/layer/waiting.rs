//! A call that waits for its turn.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::guard::End;
use palisade_core::{Alarm, Respond};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::stay::Stay;
use crate::turn::Turn;

pin_project! {
    /// All that is needed only while a call waits, in one box.
    pub(crate) struct Waiting<S, Req, R> {
        inner: S,
        request: Option<Req>,
        respond: R,
        turn: Option<Turn>,
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
        let (request, turn) = (Some(request), Some(turn));
        Self { inner, request, respond, turn, alarm: Alarm::new(), stay: None }
    }

    /// Waits for its turn, then readies the inner service, then calls it.
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
        if let Some(turn) = this.turn {
            let came = ready!(turn.poll(this.alarm, cx));
            *this.turn = None;
            match (came, this.request.as_ref()) {
                (Ok(stay), _) => *this.stay = Some(stay),
                (Err(why), Some(request)) => {
                    let meta = R::meta(request);
                    return Poll::Ready(Next::Done(this.respond.reject(why, meta)));
                }
                (Err(_), None) => return Poll::Pending,
            }
        }
        if let Err(error) = ready!(this.inner.poll_ready(cx)) {
            if let Some(stay) = this.stay {
                stay.end(End::Failure);
            }
            return Poll::Ready(Next::Done(Err(R::fail(error))));
        }
        match this.request.take() {
            Some(request) => Poll::Ready(Next::Call(this.inner.call(request), this.stay.take())),
            None => Poll::Pending,
        }
    }
}
