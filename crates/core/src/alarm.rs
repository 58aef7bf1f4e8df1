//! A timer that is armed only when somebody has to wait.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop;
use tokio::time::{Sleep, sleep};

pin_project! {
    /// A timer of tokio's that is registered at the first poll, and not before.
    ///
    /// Poll it after the future that it watches: a call that is ready at once never registers one.
    /// It is polled outside of tokio's cooperative budget, so it goes off on time even if the
    /// watched future has eaten the task's budget, as one does that always has more to read.
    #[derive(Debug, Default)]
    pub struct Alarm {
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Alarm {
    /// An alarm that is not set.
    #[must_use]
    pub const fn new() -> Self {
        Self { sleep: None }
    }

    /// Ready when the time is over; sets the alarm to go off after `remaining` if it is not set. Where
    /// nothing remains it is ready at once, without a timer.
    ///
    /// Accurate to tokio's millisecond, rounded up.
    ///
    /// # Panics
    /// Tokio's timers panic outside of a tokio runtime, and in one whose time is not enabled.
    pub fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        remaining: impl FnOnce() -> Duration,
    ) -> Poll<()> {
        let mut this = self.project();
        if this.sleep.is_none() {
            let remaining = remaining();
            if remaining.is_zero() {
                return Poll::Ready(());
            }
            this.sleep.set(Some(sleep(remaining)));
        }
        match this.sleep.as_pin_mut() {
            Some(sleep) => std::pin::pin!(coop::unconstrained(sleep)).poll(cx),
            None => Poll::Pending,
        }
    }
}
