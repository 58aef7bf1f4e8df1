//! A future that many wait for.
//!
//! It belongs to nobody: whoever is polled polls it, and it wakes all who wait. So it does not matter who
//! of them goes away, nor who is stalled. Somebody who goes away with the future would take the answer
//! along; a task for each would need a runtime, and live on when its store is gone.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use parking_lot::Mutex;

/// A future that many wait for.
pub(super) struct Flight<T> {
    stage: Mutex<Stage<T>>,
    waiting: Arc<Waiting>,
}

enum Stage<T> {
    /// Nobody polls it.
    Idle(Pin<Box<dyn Future<Output = T> + Send>>),
    /// Somebody does, outside of the lock.
    Polled,
    Landed(T),
    /// It was given up, or panicked.
    Lost,
}

/// Who is to be woken, by the order of their coming.
#[derive(Default)]
struct Waiting {
    line: Mutex<Line>,
    /// Whether it was woken since it was last polled.
    is_woken: AtomicBool,
}

#[derive(Default)]
struct Line {
    wakers: BTreeMap<u64, Option<Waker>>,
    next: u64,
}

/// Somebody who waits: what the future comes to, or `None` if it is lost.
pub(super) struct Wait<T> {
    flight: Arc<Flight<T>>,
    place: u64,
}

// ===== impl Flight =====

impl<T: Clone> Flight<T> {
    pub(super) fn new(future: impl Future<Output = T> + Send + 'static) -> Arc<Self> {
        let stage = Mutex::new(Stage::Idle(Box::pin(future)));
        Arc::new(Self { stage, waiting: Arc::default() })
    }

    pub(super) fn wait(self: &Arc<Self>) -> Wait<T> {
        let mut line = self.waiting.line.lock();
        let place = line.next;
        line.next += 1;
        line.wakers.insert(place, None);
        drop(line);
        Wait { flight: Arc::clone(self), place }
    }

    /// Whether nobody waits for it.
    pub(super) fn is_alone(&self) -> bool {
        self.waiting.line.lock().wakers.is_empty()
    }

    /// Gives it up. Who waits is told.
    pub(super) fn give_up(&self) {
        let mut stage = self.stage.lock();
        if !matches!(*stage, Stage::Landed(_)) {
            let before = mem::replace(&mut *stage, Stage::Lost);
            // What is dropped is a store's.
            drop(stage);
            drop(before);
            self.waiting.wake_all();
        }
    }

    fn poll(&self, place: u64, cx: &Context<'_>) -> Poll<Option<T>> {
        let mut stage = self.stage.lock();
        match &*stage {
            Stage::Landed(result) => return Poll::Ready(Some(result.clone())),
            Stage::Lost => return Poll::Ready(None),
            Stage::Idle(_) | Stage::Polled => self.waiting.enlist(place, cx.waker()),
        }
        let Stage::Idle(mut future) = mem::replace(&mut *stage, Stage::Polled) else {
            return Poll::Pending;
        };
        drop(stage);
        let mut turn = Turn { flight: self, next: None };
        self.waiting.is_woken.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.waiting));
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => {
                turn.next = Some(Stage::Landed(result.clone()));
                drop(turn);
                Poll::Ready(Some(result))
            }
            Poll::Pending => {
                turn.next = Some(Stage::Idle(future));
                drop(turn);
                Poll::Pending
            }
        }
    }
}

/// The turn of who polls it. What it comes to is written down when the turn ends, however it ends.
struct Turn<'f, T> {
    flight: &'f Flight<T>,
    next: Option<Stage<T>>,
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        let next = self.next.take().unwrap_or(Stage::Lost);
        let is_idle = matches!(next, Stage::Idle(_));
        let mut stage = self.flight.stage.lock();
        let unused = match *stage {
            Stage::Polled => mem::replace(&mut *stage, next),
            // Given up meanwhile.
            Stage::Idle(_) | Stage::Landed(_) | Stage::Lost => next,
        };
        drop(stage);
        drop(unused);
        // Who was woken while it was away could not poll it.
        if !is_idle || self.flight.waiting.is_woken.load(Ordering::SeqCst) {
            self.flight.waiting.wake_all();
        }
    }
}

impl<T> fmt::Debug for Flight<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flight")
    }
}

// ===== impl Waiting =====

impl Waiting {
    fn enlist(&self, place: u64, waker: &Waker) {
        let replaced = {
            let mut line = self.line.lock();
            match line.wakers.get_mut(&place) {
                Some(Some(known)) if known.will_wake(waker) => None,
                Some(known) => known.replace(waker.clone()),
                None => None,
            }
        };
        drop(replaced);
    }

    fn wake_all(&self) {
        let wakers: Vec<Waker> = {
            let mut line = self.line.lock();
            line.wakers.values_mut().filter_map(Option::take).collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::SeqCst);
        self.wake_all();
    }
}

// ===== impl Wait =====

impl<T: Clone> Future for Wait<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.flight.poll(self.place, cx)
    }
}

impl<T> Drop for Wait<T> {
    fn drop(&mut self) {
        let waker = self.flight.waiting.line.lock().wakers.remove(&self.place);
        // All who wait are woken together, so nobody waits for who goes away.
        drop(waker);
    }
}
