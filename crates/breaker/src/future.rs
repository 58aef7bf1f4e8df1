//! The future.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use palisade_core::classify::{Classify, Verdict, is_throttled, pushback};
use palisade_core::telemetry::Ticket;
use palisade_core::{Micros, Respond};
use pin_project_lite::pin_project;

use crate::call::Call;
use crate::counters::SHADOWED;
use crate::settle::Remark;

pin_project! {
    /// The future of a [`CircuitBreaker`](crate::CircuitBreaker) service.
    ///
    /// Dropping it drops the inner future; the call was abandoned then, and a probe's place is free
    /// for another.
    pub struct ResponseFuture<F, Req, R, C, T, E> {
        #[pin]
        state: State<F, C, T, E>,
        mode: PhantomData<fn(Req, R)>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, C, T, E> {
        Calling { #[pin] future: F, flight: Flight, classify: C },
        Refused { answer: Option<Result<T, E>> },
    }
}

/// What is to be done when the call ends.
#[derive(Debug)]
pub(crate) enum Flight {
    Judged { call: Call },
    Shadowed { ticket: Ticket },
    Free,
}

impl<F, Req, R, C, T, E> ResponseFuture<F, Req, R, C, T, E> {
    #[inline]
    pub(crate) const fn calling(future: F, flight: Flight, classify: C) -> Self {
        Self { state: State::Calling { future, flight, classify }, mode: PhantomData }
    }

    pub(crate) const fn refused(answer: Result<T, E>) -> Self {
        Self { state: State::Refused { answer: Some(answer) }, mode: PhantomData }
    }
}

impl<F, Req, R, C, Res, Err> Future for ResponseFuture<F, Req, R, C, R::Response, R::Error>
where
    F: Future<Output = Result<Res, Err>>,
    R: Respond<Req, Res, Err>,
    C: Classify<R, Req, Res, Err>,
{
    type Output = Result<R::Response, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (future, flight, classify) = match self.project().state.project() {
            StateProj::Calling { future, flight, classify } => (future, flight, classify),
            StateProj::Refused { answer } => {
                return answer.take().map_or(Poll::Pending, Poll::Ready);
            }
        };
        let Poll::Ready(result) = future.poll(cx) else {
            if let Flight::Judged { call } = flight {
                call.began();
            }
            return Poll::Pending;
        };
        // The end of the call is now, not when this future is dropped.
        let Flight::Judged { call } = flight else {
            if let Flight::Shadowed { ticket } = flight {
                std::mem::take(ticket).close(SHADOWED);
            }
            return Poll::Ready(result.map(R::pass).map_err(R::fail));
        };
        Poll::Ready(match result {
            Ok(response) => match classify.response(&response) {
                Verdict::AtEnd => {
                    call.answered();
                    match std::mem::replace(flight, Flight::Free) {
                        Flight::Judged { call } => Ok(R::hold(response, call.into_guard())),
                        _ => Ok(R::pass(response)),
                    }
                }
                verdict => {
                    let remark = match verdict == Verdict::Failure || call.is_probe() {
                        true => remark::<R, Req, Res, Err>(&response, call),
                        false => Remark::default(),
                    };
                    call.end(verdict, remark);
                    Ok(R::pass(response))
                }
            },
            Err(error) => {
                let (verdict, error) = classify.error(error);
                call.end(verdict, Remark::default());
                Err(error)
            }
        })
    }
}

/// What a response says besides its verdict.
#[cold]
fn remark<R, Req, Res, Err>(response: &Res, call: &Call) -> Remark
where
    R: Respond<Req, Res, Err>,
{
    let Some((status, headers)) = R::inner_head(response) else { return Remark::default() };
    let now = call.now();
    let hold = pushback(status, headers, now).wait().map_or(Micros::ZERO, |wait| now + wait.into());
    Remark { hold, throttled: is_throttled(status, headers) }
}

impl<F, Req, R, C, T, E> fmt::Debug for ResponseFuture<F, Req, R, C, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Calling { .. } => "calling",
            State::Refused { .. } => "refused",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
