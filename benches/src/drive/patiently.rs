//! The loop for calls that wait for each other.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use tower_service::Service;

use super::answer::{Answer, refused};

/// So often a call is polled before others may run.
const POLLS: usize = 3;

/// As [`drive`](super::drive), with a service that may wait for a lock which another thread holds.
///
/// # Panics
///
/// When a call is refused.
pub fn patiently<S, Req>(service: &mut S, mut next: impl FnMut() -> Req, calls: u64)
where
    S: Service<Req, Response: Answer>,
{
    let cx = &mut Context::from_waker(Waker::noop());
    for _ in 0..calls {
        until_ready(|| service.poll_ready(cx)).unwrap_or_else(|_| refused());
        let mut future = pin!(service.call(black_box(next())));
        if !until_ready(|| future.as_mut().poll(cx)).is_ok_and(|answer| answer.passed()) {
            refused()
        }
    }
}

/// Polls again and again, and lets others run when it seems to take longer.
fn until_ready<T>(mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        for _ in 0..POLLS {
            if let Poll::Ready(ready) = poll() {
                return ready;
            }
        }
        thread::yield_now();
    }
}
