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
    CountPolls { future, polls: 0, waker: None }
}

pin_project! {
    /// The future that [`count_polls`] makes.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct CountPolls<F> {
        #[pin]
        future: F,
        polls: usize,
        waker: Option<Arc<CountingWaker>>,
    }
}

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
        let counting = this.waker.get_or_insert_with(|| {
            let task = Mutex::new(cx.waker().clone());
            Arc::new(CountingWaker { wakes: AtomicUsize::new(0), task })
        });
        counting.task.lock().clone_from(cx.waker());
        let waker = Waker::from(Arc::clone(counting));
        let polled = this.future.poll(&mut Context::from_waker(&waker));
        polled.map(|output| {
            (output, Polls { polls: *this.polls, wakes: counting.wakes.load(SeqCst) })
        })
    }
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.fetch_add(1, SeqCst);
        self.task.lock().wake_by_ref();
    }
}
