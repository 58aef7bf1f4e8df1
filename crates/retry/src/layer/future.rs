//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_service::Service;

use crate::judge::{Advice, Again, Judge};
use crate::layer::call::Call;
use crate::layer::later::Later;
use crate::repeat::Repeat;
use crate::tools::Tools;

pin_project! {
    /// The future of a [`Retry`](crate::Retry) service.
    ///
    /// Dropping it drops the attempt that is under way, and makes no further one.
    pub struct ResponseFuture<S, Req, J, K>
    where
        S: Service<Req>,
        K: Repeat<Req>,
    {
        #[pin]
        state: State<S, Req, J, K>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, Req, J, K>
    where
        S: Service<Req>,
        K: Repeat<Req>,
    {
        /// Without tools there is one attempt, whatever becomes of it.
        First {
            #[pin]
            future: S::Future,
            attempt: Option<(Call, Tools<S, J, K, K::Kept>)>,
        },
        Later { later: Pin<Box<Later<S, Req, J, K>>> },
        Ended,
    }
}

impl<S, Req, J, K> ResponseFuture<S, Req, J, K>
where
    S: Service<Req>,
    K: Repeat<Req>,
{
    pub(crate) const fn passing(future: S::Future) -> Self {
        Self { state: State::First { future, attempt: None } }
    }

    #[inline]
    pub(crate) const fn first(
        future: S::Future,
        call: Call,
        tools: Tools<S, J, K, K::Kept>,
    ) -> Self {
        Self { state: State::First { future, attempt: Some((call, tools)) } }
    }

    pub(crate) fn unready(
        call: Call,
        tools: Tools<S, J, K, K::Kept>,
        request: Req,
        again: Again,
    ) -> Self
    where
        S: Clone,
    {
        let later = Box::pin(Later::unready(call, tools, request, again));
        Self { state: State::Later { later } }
    }
}

impl<S, Req, J, K> Future for ResponseFuture<S, Req, J, K>
where
    S: Service<Req> + Clone,
    J: Judge<S::Response, S::Error>,
    K: Repeat<Req>,
{
    type Output = Result<S::Response, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProj::First { future, attempt } = state.as_mut().project() {
            let outcome = ready!(future.poll(cx));
            let advice = match attempt {
                Some((call, tools)) => tools.judge.judge(outcome.as_ref(), &call.asked()),
                None => Advice::Done,
            };
            if advice == Advice::Done {
                // Looked at where it is: to move it out takes longer than all the rest.
                if let Some((call, _)) = attempt {
                    call.pass(1);
                }
                // Ended now: the caller may keep this future for long.
                state.set(State::Ended);
                return Poll::Ready(outcome);
            }
            let Some((call, tools)) = attempt.take() else { return Poll::Pending };
            match Later::after(call, tools, outcome, advice) {
                Ok(later) => state.set(State::Later { later: Box::pin(later) }),
                Err(outcome) => return Poll::Ready(outcome),
            }
        }
        let StateProj::Later { later } = state.as_mut().project() else { return Poll::Pending };
        let outcome = ready!(later.as_mut().poll(cx));
        state.set(State::Ended);
        Poll::Ready(outcome)
    }
}

impl<S, Req, J, K> fmt::Debug for ResponseFuture<S, Req, J, K>
where
    S: Service<Req>,
    K: Repeat<Req>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::First { .. } => "first attempt",
            State::Later { .. } => "later attempts",
            State::Ended => "ended",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
