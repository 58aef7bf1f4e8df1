//! Waiting for a future, but not for ever.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use palisade_core::Alarm;

/// What `future` comes to, or nothing once `timeout` has passed.
///
/// The future is looked at first: what is there when the time is over is taken, and what is there at
/// once registers no timer.
pub(super) async fn within<F: Future>(timeout: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut alarm = pin!(Alarm::new());
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => alarm.as_mut().poll(cx, || timeout).map(|()| None),
    })
    .await
}
