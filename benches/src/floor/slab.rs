//! A time limit on a shared timer: many deadlines in a slab, one tokio timer that looks at them.

use std::future::Future;
use std::pin::Pin;
use std::sync::{LazyLock, Once};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::clock::{Ticks, Tsc};
use super::gate::Refused;

/// Polls the inner future first, and enters a deadline into the slab only if that is pending.
#[derive(Clone, Copy, Debug)]
pub struct SlabDeadline<S> {
    inner: S,
    ticks: u64,
}

impl<S> SlabDeadline<S> {
    /// Limits the time that `inner` may take, with an accuracy of a millisecond.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime: the timer is a task there.
    pub fn new(inner: S, after: Duration) -> Self {
        static TIMER: Once = Once::new();
        TIMER.call_once(|| {
            tokio::spawn(async {
                loop {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    SLAB.wake();
                }
            });
        });
        let ticks = (SLAB.clock.per_second() as f64 * after.as_secs_f64()) as u64;
        Self { inner, ticks }
    }
}

impl<S: Service<Req>, Req> Service<Req> for SlabDeadline<S> {
    type Response = S::Response;
    type Error = Refused<S::Error>;
    type Future = Limited<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Refused::Inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        Limited { inner: self.inner.call(request), armed: None, ticks: self.ticks }
    }
}

pin_project! {
    /// The future of [`SlabDeadline`].
    #[derive(Debug)]
    pub struct Limited<F> {
        #[pin]
        inner: F,
        armed: Option<Armed>,
        ticks: u64,
    }
}

impl<F, T, E> Future for Limited<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, Refused<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(result) = this.inner.poll(cx) {
            return Poll::Ready(result.map_err(Refused::Inner));
        }
        let now = SLAB.clock.now();
        match this.armed {
            Some(armed) if now >= armed.at => return Poll::Ready(Err(Refused::Limit)),
            Some(armed) => SLAB.renew(armed.slot, cx.waker()),
            None => *this.armed = Some(SLAB.arm(now + *this.ticks, cx.waker())),
        }
        Poll::Pending
    }
}

/// The process's deadlines.
static SLAB: LazyLock<Slab> =
    LazyLock::new(|| Slab { clock: Tsc::new(), waiting: Mutex::default() });

#[derive(Debug)]
struct Slab {
    clock: Tsc,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    slots: Vec<(u64, Option<Waker>)>,
    free: Vec<usize>,
}

impl Slab {
    fn arm(&self, at: u64, waker: &Waker) -> Armed {
        let entry = (at, Some(waker.clone()));
        let mut waiting = self.waiting.lock();
        let slot = waiting.free.pop().unwrap_or(waiting.slots.len());
        match waiting.slots.get_mut(slot) {
            Some(free) => *free = entry,
            None => waiting.slots.push(entry),
        }
        Armed { at, slot }
    }

    fn renew(&self, slot: usize, waker: &Waker) {
        self.waiting.lock().slots[slot].1.get_or_insert_with(|| waker.clone()).clone_from(waker);
    }

    fn wake(&self) {
        let now = self.clock.now();
        let mut waiting = self.waiting.lock();
        for (at, waker) in &mut waiting.slots {
            if now >= *at
                && let Some(waker) = waker.take()
            {
                waker.wake();
            }
        }
    }
}

/// A deadline that is in the slab, until it is dropped.
#[derive(Debug)]
struct Armed {
    at: u64,
    slot: usize,
}

impl Drop for Armed {
    fn drop(&mut self) {
        let mut waiting = SLAB.waiting.lock();
        waiting.slots[self.slot].1 = None;
        waiting.free.push(self.slot);
    }
}

#[cfg(test)]
mod tests {
    use super::{SLAB, SlabDeadline, Ticks};
    use crate::context::Timers;
    use crate::svc::{PendingOnce, Plain};
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Poll, Wake, Waker};
    use std::time::Duration;
    use tower_service::Service;

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_deadline_in_the_past_is_woken_and_one_in_the_future_is_not() {
        let [late, early] = [Arc::new(Woken::default()), Arc::new(Woken::default())];
        let now = SLAB.clock.now();
        let _late = SLAB.arm(now, &Waker::from(Arc::clone(&late)));
        let _early = SLAB.arm(now + SLAB.clock.per_second() * 60, &Waker::from(Arc::clone(&early)));
        SLAB.wake();
        assert!(late.0.load(Ordering::Relaxed));
        assert!(!early.0.load(Ordering::Relaxed));
    }

    #[test]
    fn a_call_that_is_still_pending_at_its_deadline_is_refused() {
        let timers = Timers::start();
        let _entered = timers.enter();
        let cx = &mut Context::from_waker(Waker::noop());
        let twice = PendingOnce(PendingOnce(Plain));
        let mut refused = pin!(SlabDeadline::new(twice, Duration::ZERO).call(1));
        assert!(refused.as_mut().poll(cx).is_pending());
        assert!(matches!(refused.as_mut().poll(cx), Poll::Ready(Err(_))));
        let mut passed = pin!(SlabDeadline::new(twice.0, Duration::ZERO).call(1));
        assert!(passed.as_mut().poll(cx).is_pending());
        assert!(matches!(passed.as_mut().poll(cx), Poll::Ready(Ok(1))));
    }
}
