//! Calls that end when they are told to.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};

use palisade_benches::svc::Failed;
use parking_lot::Mutex;

/// What a service does with a call: nothing, until it is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Job(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    reached: AtomicBool,
    end: AtomicU8,
    // Some poll only what has woken them.
    waker: Mutex<Option<Waker>>,
}

const WELL: u8 = 1;
const BADLY: u8 = 2;

impl Job {
    /// Ends it.
    pub(crate) fn end(&self, well: bool) {
        self.0.end.store(if well { WELL } else { BADLY }, Ordering::Relaxed);
        if let Some(waker) = self.0.waker.lock().take() {
            waker.wake();
        }
    }

    /// Whether the service has begun with it.
    pub(crate) fn reached(&self) -> bool {
        self.0.reached.load(Ordering::Relaxed)
    }
}

impl Future for Job {
    type Output = Result<(), Failed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.reached.store(true, Ordering::Relaxed);
        *self.0.waker.lock() = Some(cx.waker().clone());
        match self.0.end.load(Ordering::Relaxed) {
            WELL => Poll::Ready(Ok(())),
            BADLY => Poll::Ready(Err(Failed)),
            _ => Poll::Pending,
        }
    }
}

/// A call on its way, given up when it is dropped.
pub(crate) struct Call {
    // `None`: over, or refused.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    job: Job,
}

impl Call {
    /// Begins a call: `through` is what a breaker makes of its job.
    pub(crate) fn begin<F>(through: impl FnOnce(Job) -> F) -> Self
    where
        F: Future + 'static,
    {
        let job = Job::default();
        let future = through(job.clone());
        let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move { _ = future.await });
        let mut call = Self { future: Some(future), job };
        call.poll();
        call
    }

    /// Whether it has got through to the service.
    pub(crate) fn reached(&self) -> bool {
        self.job.reached()
    }

    /// Ends it.
    pub(crate) fn end(mut self, well: bool) {
        self.job.end(well);
        self.poll();
    }

    fn poll(&mut self) {
        let cx = &mut Context::from_waker(Waker::noop());
        if self.future.as_mut().is_some_and(|future| future.as_mut().poll(cx).is_ready()) {
            self.future = None;
        }
    }
}
