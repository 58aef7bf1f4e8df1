//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::Respond;
use palisade_core::guard::Guard;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::layer::waiting::{Next, Waiting};
use crate::options::Until;
use crate::room::Room;

pin_project! {
    /// The future of a [`BulkheadService`](crate::BulkheadService).
    ///
    /// Dropping it drops the inner future, then gives the place back; one that waits leaves the
    /// queue.
    pub struct ResponseFuture<S, Req, R>
    where
        S: Service<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        #[pin]
        state: State<S, Req, R>,
        until: Until,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, Req, R>
    where
        S: Service<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        Passing { #[pin] future: S::Future, guard: Option<Guard<Room>> },
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
    pub(crate) const fn passing(
        future: S::Future,
        guard: Option<Guard<Room>>,
        until: Until,
    ) -> Self {
        Self { state: State::Passing { future, guard }, until }
    }

    pub(crate) const fn refused(answer: Result<R::Response, R::Error>) -> Self {
        Self { state: State::Refused { answer: Some(answer) }, until: Until::Head }
    }

    pub(crate) fn waiting(waiting: Waiting<S, Req, R>, until: Until) -> Self {
        Self { state: State::Waiting { waiting: Box::pin(waiting) }, until }
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
        let this = self.project();
        let mut state = this.state;
        if let StateProj::Waiting { .. } = state.as_mut().project() {
            ready!(state.as_mut().wait(cx));
        }
        match state.project() {
            StateProj::Passing { future, guard } => {
                let result = ready!(future.poll(cx));
                // Taken out now: the caller may keep this future for long.
                Poll::Ready(finish::<Req, _, _, R>(result, guard.take(), *this.until))
            }
            StateProj::Refused { answer } => answer.take().map_or(Poll::Pending, Poll::Ready),
            StateProj::Waiting { .. } => Poll::Pending,
        }
    }
}

/// Fits the inner service's outcome. The place goes on with the response's body, if it is to.
#[inline]
pub(crate) fn finish<Req, Res, Err, R: Respond<Req, Res, Err>>(
    result: Result<Res, Err>,
    guard: Option<Guard<Room>>,
    until: Until,
) -> Result<R::Response, R::Error> {
    match (result, guard) {
        (Ok(response), Some(guard)) if until == Until::Body => Ok(R::hold(response, guard.erase())),
        (Ok(response), guard) => {
            if let Some(guard) = guard {
                guard.success();
            }
            Ok(R::pass(response))
        }
        (Err(error), guard) => {
            if let Some(guard) = guard {
                guard.failure();
            }
            Err(R::fail(error))
        }
    }
}

impl<S, Req, R> State<S, Req, R>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    /// Waits until the call is in, or is refused.
    #[cold]
    fn wait(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let StateProj::Waiting { waiting } = self.as_mut().project() {
            let next = match ready!(waiting.as_mut().poll(cx)) {
                Next::Call(future, guard) => Self::Passing { future, guard },
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
            State::Passing { .. } => "passing",
            State::Refused { .. } => "refused",
            State::Waiting { .. } => "waiting",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
