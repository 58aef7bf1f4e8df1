//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::Respond;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::layer::load::Load;
use crate::layer::stamp::Stamp;
use crate::layer::waiting::{Next, Waiting};

pin_project! {
    /// The future of a [`RateLimit`](crate::RateLimit) service.
    ///
    /// Dropping it takes nothing back: a unit is a request that was admitted, and whether a remote
    /// store has charged it is not known. Only a call that waits for its turn in a shaper gives it
    /// back.
    pub struct ResponseFuture<S, Req, R>
    where
        S: Service<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        #[pin]
        state: State<S, Req, R>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, Req, R>
    where
        S: Service<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        Passing { #[pin] future: S::Future, stamp: Option<Stamp> },
        Laden { #[pin] future: S::Future, load: Load },
        Refused { answer: Option<Result<R::Response, R::Error>> },
        Waiting { waiting: Pin<Box<Waiting<S, Req, R>>> },
    }
}

impl<S, Req, R> ResponseFuture<S, Req, R>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    #[inline]
    pub(crate) const fn passing(future: S::Future, stamp: Option<Stamp>) -> Self {
        Self { state: State::Passing { future, stamp } }
    }

    pub(crate) fn laden(future: S::Future, load: Option<Load>) -> Self {
        Self { state: State::going(future, load) }
    }

    pub(crate) const fn refused(answer: Result<R::Response, R::Error>) -> Self {
        Self { state: State::Refused { answer: Some(answer) } }
    }

    pub(crate) fn waiting(waiting: Waiting<S, Req, R>) -> Self {
        Self { state: State::Waiting { waiting: Box::pin(waiting) } }
    }
}

impl<S, Req, R> Future for ResponseFuture<S, Req, R>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    type Output = Result<R::Response, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProj::Waiting { .. } = state.as_mut().project() {
            ready!(state.as_mut().wait(cx));
        }
        match state.project() {
            StateProj::Passing { future, stamp } => match (ready!(future.poll(cx)), stamp) {
                // Apart, so that a response that nothing is added to is moved once and not twice.
                (Ok(response), None) => Poll::Ready(Ok(R::pass(response))),
                (Ok(response), Some(stamp)) => {
                    let mut response = R::pass(response);
                    stamp.apply::<Req, S::Response, S::Error, R>(&mut response);
                    Poll::Ready(Ok(response))
                }
                (Err(error), _) => Poll::Ready(Err(R::fail(error))),
            },
            StateProj::Laden { future, load } => load.poll::<S, Req, R>(future, cx),
            StateProj::Refused { answer } => answer.take().map_or(Poll::Pending, Poll::Ready),
            StateProj::Waiting { .. } => Poll::Pending,
        }
    }
}

impl<S, Req, R> State<S, Req, R>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    fn going(future: S::Future, load: Option<Load>) -> Self {
        match load {
            Some(load) => Self::Laden { future, load },
            None => Self::Passing { future, stamp: None },
        }
    }

    /// Waits until the call passes or is refused.
    #[cold]
    fn wait(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let StateProj::Waiting { waiting } = self.as_mut().project() {
            let next = match ready!(waiting.as_mut().poll(cx)) {
                Next::Call(future, load) => Self::going(future, load),
                Next::Done(answer) => Self::Refused { answer: Some(answer) },
            };
            self.set(next);
        }
        Poll::Ready(())
    }
}

impl<S, Req, R> fmt::Debug for ResponseFuture<S, Req, R>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Passing { .. } | State::Laden { .. } => "passing",
            State::Refused { .. } => "refused",
            State::Waiting { .. } => "waiting",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
