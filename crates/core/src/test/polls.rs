//! [`count_polls`]: whether a future is polled, and asks to be polled, no more than it must.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use parking_lot::Mutex;
use pin_project_lite::pin_project;

/// How often a future was polled, and how often it asked to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Polls {
    /// Polls.
    pub polls: usize,
    /// Wakes of the wakers that those polls were given.
    pub wakes: usize,
}

/// Awaits `future`, counting its polls and its wakes.
///
/// A future that polls itself round in circles shows here: `wakes` grows with time instead of with
/// what happens.
///
/// ```
/// use palisade_core::test::count_polls;
/// use tokio::time::{Duration, sleep};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let ((), polls) = count_polls(sleep(Duration::from_millis(5))).await;
/// assert_eq!((polls.polls, polls.wakes), (2, 1));
/// # }
/// ```
pub fn count_polls<F: Future>(future: F) -> CountPolls<F> {
    CountPolls { future, polls: 0, waker: WakeCounter::default() }
}

pin_project! {
    /// The future that [`count_polls`] makes.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct CountPolls<F> {
        #[pin]
        future: F,
        polls: usize,
        waker: WakeCounter,
    }
}

/// Counts the wakes of one future, whatever else wakes its task.
#[derive(Debug)]
pub(super) struct WakeCounter(Arc<CountingWaker>);

#[derive(Debug)]
struct CountingWaker {
    wakes: AtomicUsize,
    task: Mutex<Waker>,
}

impl<F: Future> Future for CountPolls<F> {
    type Output = (F::Output, Polls);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        *this.polls += 1;
        let polled = this.waker.poll(this.future, cx);
        polled.map(|output| (output, Polls { polls: *this.polls, wakes: this.waker.wakes() }))
    }
}

impl WakeCounter {
    /// Polls `future` with a waker that counts and then wakes the task of `cx`.
    pub(super) fn poll<F: Future>(&self, future: Pin<&mut F>, cx: &Context<'_>) -> Poll<F::Output> {
        self.0.task.lock().clone_from(cx.waker());
        let waker = Waker::from(Arc::clone(&self.0));
        future.poll(&mut Context::from_waker(&waker))
    }

    /// Wakes so far.
    pub(super) fn wakes(&self) -> usize {
        self.0.wakes.load(SeqCst)
    }
}

impl Default for WakeCounter {
    fn default() -> Self {
        let task = Mutex::new(Waker::noop().clone());
        Self(Arc::new(CountingWaker { wakes: AtomicUsize::new(0), task }))
    }
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.fetch_add(1, SeqCst);
        let task = self.task.lock().clone();
        task.wake();
    }
}
