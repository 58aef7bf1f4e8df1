//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::Respond;
use palisade_core::guard::End;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::layer::waiting::{Next, Waiting};
use crate::options::Until;
use crate::stay::Stay;

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
        Passing { #[pin] future: S::Future, stay: Option<Stay> },
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
    pub(crate) const fn passing(future: S::Future, stay: Option<Stay>, until: Until) -> Self {
        Self { state: State::Passing { future, stay }, until }
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
            StateProj::Passing { future, stay } => {
                let result = ready!(future.poll(cx));
                // Ended now: the caller may keep this future for long.
                Poll::Ready(finish::<Req, _, _, R>(result, stay, *this.until))
            }
            StateProj::Refused { answer } => answer.take().map_or(Poll::Pending, Poll::Ready),
            StateProj::Waiting { .. } => Poll::Pending,
        }
    }
}

/// Fits the inner service's outcome. The place goes on with the response's body, if it is to.
#[inline]
fn finish<Req, Res, Err, R: Respond<Req, Res, Err>>(
    result: Result<Res, Err>,
    stay: &mut Option<Stay>,
    until: Until,
) -> Result<R::Response, R::Error> {
    let response = match result {
        Ok(response) => response,
        Err(error) => return Err(fail::<Req, Res, _, R>(error, stay.as_mut())),
    };
    if let Some(stay) = stay {
        stay.learn(|| R::verdict(&response));
    }
    if R::HOLDS && until == Until::Body {
        return Ok(match stay.take().and_then(Stay::into_guard) {
            Some(guard) => R::hold(response, guard),
            None => R::pass(response),
        });
    }
    if let Some(stay) = stay {
        stay.end(End::Success);
    }
    Ok(R::pass(response))
}

/// Fits an error of the inner service, which ends the stay.
pub(crate) fn fail<Req, Res, Err, R: Respond<Req, Res, Err>>(
    error: Err,
    stay: Option<&mut Stay>,
) -> R::Error {
    let error = R::fail(error);
    if let Some(stay) = stay {
        stay.learn(|| R::fault(&error));
        stay.end(End::Failure);
    }
    error
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
                Next::Call(future, stay) => Self::Passing { future, stay },
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
