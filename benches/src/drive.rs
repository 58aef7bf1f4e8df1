//! The loop that calls a service.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tower_service::Service;

/// A contender that nothing in this file waits for: one more poll than any needs.
const POLLS: usize = 3;

/// An answer that can be told from a refusal.
pub trait Answer {
    /// Whether the call went through to the service.
    fn passed(&self) -> bool;
}

impl Answer for u64 {
    fn passed(&self) -> bool {
        true
    }
}

impl<B> Answer for http::Response<B> {
    fn passed(&self) -> bool {
        self.status() == http::StatusCode::OK
    }
}

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

#[inline(always)] // It is the loop that is measured.
fn each<S, Req>(service: &mut S, mut next: impl FnMut() -> Req, calls: u64, seen: impl Fn(bool))
where
    S: Service<Req, Response: Answer>,
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
        seen(black_box(&answer).as_ref().is_some_and(Answer::passed));
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

#[cold]
#[inline(never)]
fn refused() -> ! {
    unreachable!("a call was refused: the limits of a benchmark let everything pass")
}

#[cold]
#[inline(never)]
fn let_through() -> ! {
    unreachable!("a call passed: these limits are used up")
}

#[cold]
#[inline(never)]
fn unanswered() -> ! {
    unreachable!("a call waits: nothing here does")
}
