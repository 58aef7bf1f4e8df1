//! The loops that poll a call a few times.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use http::Response;
use http_body::Body;
use tower_service::Service;

use super::answer::{Answer, let_through, refused, unanswered};
use crate::svc::FAILS;

/// A contender that nothing in this file waits for: one more poll than any needs.
const POLLS: usize = 3;

/// Calls `service` with what `next` yields, `calls` times, and polls each future to its end.
///
/// The waker does nothing: no contender waits for anything but its inner service, which is ready at
/// the first or the second poll.
///
/// # Panics
///
/// When a call is refused: the limits of a benchmark are so high that everything passes.
pub fn drive<S, Req>(service: &mut S, next: impl FnMut() -> Req, calls: u64)
where
    S: Service<Req, Response: Answer>,
{
    each(service, next, calls, |passed| {
        if !passed {
            refused()
        }
    });
}

/// The same with a service that refuses everything, by an answer or by an error.
///
/// # Panics
///
/// When a call passes.
pub fn turned_away<S, Req>(service: &mut S, next: impl FnMut() -> Req, calls: u64)
where
    S: Service<Req, Response: Answer>,
{
    each(service, next, calls, |passed| {
        if passed {
            let_through()
        }
    });
}

/// The same with a service of which one call in [`FAILS`] fails.
///
/// # Panics
///
/// When more fail than that: some were refused.
pub fn flaky<S, Req>(service: &mut S, next: impl FnMut() -> Req, calls: u64)
where
    S: Service<Req, Response: Answer>,
{
    let mut failed = 0;
    each(service, next, calls, |passed| failed += u64::from(!passed));
    if failed > calls.div_ceil(FAILS) {
        refused()
    }
}

/// As [`drive`], with the body of each response read to its end.
///
/// # Panics
///
/// When a call is refused, or a body waits.
pub fn read<S, Req, B>(service: &mut S, next: impl FnMut() -> Req, calls: u64)
where
    S: Service<Req, Response = Response<B>>,
    B: Body + Unpin,
{
    let cx = &mut Context::from_waker(Waker::noop());
    answers(service, next, calls, |answer| {
        let Some(mut response) = answer else { refused() };
        loop {
            match Pin::new(response.body_mut()).poll_frame(cx) {
                Poll::Ready(Some(frame)) => _ = black_box(frame.is_ok()),
                Poll::Ready(None) => break,
                Poll::Pending => unanswered(),
            }
        }
    });
}

#[inline(always)] // It is the loop that is measured.
fn each<S, Req>(service: &mut S, next: impl FnMut() -> Req, calls: u64, mut seen: impl FnMut(bool))
where
    S: Service<Req, Response: Answer>,
{
    answers(service, next, calls, |answer| {
        seen(black_box(&answer).as_ref().is_some_and(Answer::passed));
    });
}

#[inline(always)]
fn answers<S, Req>(
    service: &mut S,
    mut next: impl FnMut() -> Req,
    calls: u64,
    mut seen: impl FnMut(Option<S::Response>),
) where
    S: Service<Req>,
{
    let cx = &mut Context::from_waker(Waker::noop());
    for _ in 0..calls {
        assert!(matches!(service.poll_ready(cx), Poll::Ready(Ok(()))), "the service is not ready");
        let mut future = pin!(service.call(black_box(next())));
        let answer = (0..POLLS).find_map(|_| match future.as_mut().poll(cx) {
            Poll::Ready(result) => Some(result.ok()),
            Poll::Pending => None,
        });
        let Some(answer) = answer else { unanswered() };
        seen(answer);
    }
}

/// Calls `check` with what `next` yields, `calls` times: a limiter without a layer.
///
/// # Panics
///
/// When a check is refused.
pub fn check<K>(mut check: impl FnMut(K) -> bool, mut next: impl FnMut() -> K, calls: u64) {
    for _ in 0..calls {
        if !check(black_box(next())) {
            refused()
        }
    }
}
