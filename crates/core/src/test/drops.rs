//! [`drop_at_every_await`]: the caller goes away, at each place where it can.

use std::{future::poll_fn, pin::Pin, task::Poll};

use super::polls::WakeCounter;

/// Makes a future, polls it `n` times and drops it, for `n` = 0, 1, 2, … until it completes; calls
/// `check` with `n` after each drop. Returns the number of polls that completed it.
///
/// Every await point of a future is a place where its caller may go away; whatever the future holds
/// there (a permit, a slot, a gauge) has to be given back. There are two such places to an await:
/// right after the poll, and when the future has been woken but not polled again, so that what it
/// waited for may be its own already. Each has its turn.
///
/// Between polls this waits for the future to wake its task, as any caller would: one that never
/// does so never gets past that poll, so give it something that completes. Timers are best paused.
///
/// ```
/// use palisade_core::test::{Probe, after, drop_at_every_await};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let service = Probe::new(after(2, "done"));
/// let probe = service.handle();
///
/// let polls = drop_at_every_await(
///     || service.clone().oneshot(()),
///     |polls| assert_eq!(probe.counts().in_flight, 0, "after {polls} polls"),
/// )
/// .await;
///
/// assert_eq!(polls, 3);
/// // Before the first poll, there was no call yet. After each of two, it was dropped twice.
/// assert_eq!((probe.counts().calls, probe.counts().dropped), (5, 4));
/// # }
/// ```
pub async fn drop_at_every_await<F: Future>(
    mut make: impl FnMut() -> F,
    mut check: impl FnMut(usize),
) -> usize {
    drop(make());
    check(0);
    let mut polls = 1;
    loop {
        for until in [Until::Polled, Until::Woken] {
            let done = drive(std::pin::pin!(make()), polls, until).await;
            check(polls);
            if done {
                return polls;
            }
        }
        polls += 1;
    }
}

/// Where to stop after the last poll.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    Polled,
    Woken,
}

/// Polls `future` `polls` times, each time that it is woken; says whether it completed.
async fn drive<F: Future>(mut future: Pin<&mut F>, polls: usize, until: Until) -> bool {
    // The task is woken by others, too: by the future that was dropped before this one.
    let waker = WakeCounter::default();
    for poll in 1..=polls {
        let wait = poll < polls || until == Until::Woken;
        let wakes = waker.wakes();
        let mut polled = false;
        let done = poll_fn(|cx| {
            if !polled {
                polled = true;
                if waker.poll(future.as_mut(), cx).is_ready() {
                    return Poll::Ready(true);
                }
            }
            if wait && waker.wakes() == wakes { Poll::Pending } else { Poll::Ready(false) }
        });
        if done.await {
            return true;
        }
    }
    false
}
