//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::Respond;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::stamp::Stamp;
use crate::waiting::{Next, Waiting};

pin_project! {
    /// The future of a [`RateLimit`](crate::RateLimit) service.
    ///
    /// Dropping it before the inner service is called takes nothing back: a unit is a request that
    /// was admitted, and whether a remote store has charged it is not known.
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

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut state = self.as_mut().project().state;
            let (future, stamp) = match state.as_mut().project() {
                StateProj::Passing { future, stamp } => {
                    return Poll::Ready(match ready!(future.poll(cx)) {
                        Ok(response) => {
                            let mut response = R::pass(response);
                            Stamp::apply(stamp.as_ref(), R::headers(&mut response));
                            Ok(response)
                        }
                        Err(error) => Err(R::fail(error)),
                    });
                }
                StateProj::Refused { answer } => {
                    return answer.take().map_or(Poll::Pending, Poll::Ready);
                }
                StateProj::Waiting { waiting } => match ready!(waiting.as_mut().poll(cx)) {
                    Next::Call(future, stamp) => (future, stamp),
                    Next::Done(answer) => {
                        state.set(State::Refused { answer: None });
                        return Poll::Ready(answer);
                    }
                },
            };
            state.set(State::Passing { future, stamp });
        }
    }
}

impl<S, Req, R> fmt::Debug for ResponseFuture<S, Req, R>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Passing { .. } => "passing",
            State::Refused { .. } => "refused",
            State::Waiting { .. } => "waiting",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
