//! What happens to a canned call before it is answered, if it is.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

/// The future of a [`Canned`](super::Canned) service.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct CannedFuture<T> {
    pub(super) answer: Option<T>,
    pub(super) course: Course,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Course {
    /// Answered after so many polls.
    After(usize),
    Never,
    Greedy,
    Panics,
}

impl<T> Future for CannedFuture<T> {
    type Output = Result<T, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.course {
            Course::After(0) => match self.answer.take() {
                Some(answer) => return Poll::Ready(Ok(answer)),
                None => return Poll::Pending,
            },
            Course::After(polls) => {
                *polls -= 1;
                cx.waker().wake_by_ref();
            }
            Course::Never => {}
            Course::Greedy => exhaust_budget(cx),
            Course::Panics => panic_as_asked(),
        }
        Poll::Pending
    }
}

impl<T> Unpin for CannedFuture<T> {}

/// Spends the task's budget; the last step has itself woken.
fn exhaust_budget(cx: &mut Context<'_>) {
    // Outside of a task the budget has no end.
    for _ in 0..1024 {
        if std::pin::pin!(tokio::task::coop::consume_budget()).poll(cx).is_pending() {
            return;
        }
    }
    cx.waker().wake_by_ref();
}

#[expect(clippy::panic, reason = "that is what it is for")]
fn panic_as_asked() {
    panic!("the service panicked, as `palisade_core::test::panics` promises");
}
