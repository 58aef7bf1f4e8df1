//! What all clones of a queue share.
//!
//! Two semaphores count: `room` the free places, `ready` the items that nobody has a claim to.
//! Tokio's are fair, and a waiter that is dropped hands on what it was given: that is all of the
//! queue's order and all of its safety when something is cancelled. Whoever has a permit goes on to the
//! items under their lock without another await, so that a permit and what it stands for cannot part.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::sync::Mutex;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, TryAcquireError};
use tokio::task::coop::unconstrained;

use super::Refused;
use super::pressure::Gauge;

pub(super) struct Shared<T> {
    pub(super) max_size: usize,
    state: Mutex<State<T>>,
    /// The free places; closed with the queue.
    room: Semaphore,
    /// The items, one permit each; closed with the queue, after which items are taken without.
    ready: Semaphore,
    /// Told when the queue becomes pressed, relieved or closed.
    turned: Notify,
    dropped: AtomicU64,
}

pub(super) struct State<T> {
    pub(super) items: VecDeque<T>,
    pub(super) gauge: Gauge,
    pub(super) closed: bool,
}

impl<T> Shared<T> {
    pub(super) fn new(max_size: usize) -> Self {
        let max_size = max_size.clamp(1, Semaphore::MAX_PERMITS);
        let gauge = Gauge::new(max_size);
        Self {
            max_size,
            state: Mutex::new(State { items: VecDeque::new(), gauge, closed: false }),
            room: Semaphore::new(max_size),
            ready: Semaphore::new(0),
            turned: Notify::new(),
            dropped: AtomicU64::new(0),
        }
    }

    /// Waits for a place, or for the queue to be closed: [`insert`](Self::insert) tells which.
    pub(super) async fn room(&self) {
        // Out of tokio's budget, lest a place that is there seem not to be when the time is over.
        let _ = unconstrained(self.room.acquire()).await.map(SemaphorePermit::forget);
    }

    /// Whether there is a place, which is then taken, or the queue is closed.
    pub(super) fn room_now(&self) -> bool {
        taken(self.room.try_acquire())
    }

    /// Waits for an item, or for the queue to be closed: [`take`](Self::take) tells which.
    pub(super) async fn item(&self) {
        let _ = unconstrained(self.ready.acquire()).await.map(SemaphorePermit::forget);
    }

    /// Whether there is an item to be taken, or the queue is closed.
    pub(super) fn item_now(&self) -> bool {
        taken(self.ready.try_acquire())
    }

    /// Puts the item into the place that the caller was given.
    pub(super) fn insert(&self, item: T) -> Result<(), Refused<T>> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Refused::closed(item));
        }
        state.items.push_back(item);
        let turned = state.follow();
        drop(state);
        self.ready.add_permits(1);
        self.tell(turned);
        Ok(())
    }

    /// Takes the item that the caller was given, or after the close any.
    pub(super) fn take(&self) -> Option<T> {
        let mut state = self.state.lock();
        let item = state.items.pop_front()?;
        let turned = state.follow();
        drop(state);
        self.room.add_permits(1);
        self.tell(turned);
        Some(item)
    }

    pub(super) fn refuse(&self, item: T, waited: Duration) -> Refused<T> {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        Refused::full(item, self.max_size, waited)
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn close(&self) {
        // First the flag: whoever finds a semaphore closed must find the queue closed.
        self.state.lock().closed = true;
        self.room.close();
        self.ready.close();
        self.turned.notify_waiters();
    }

    pub(super) fn look<R>(&self, at: impl FnOnce(&State<T>) -> R) -> R {
        at(&self.state.lock())
    }

    /// Moves a water mark.
    pub(super) fn mark(&self, set: impl FnOnce(&mut Gauge, usize)) {
        let mut state = self.state.lock();
        set(&mut state.gauge, self.max_size);
        let turned = state.follow();
        drop(state);
        self.tell(turned);
    }

    /// Waits until the queue is pressed, or is not; `false` if it is closed before.
    pub(super) async fn until_pressed(&self, pressed: bool) -> bool {
        loop {
            // Made before looking: it hears of all that happens from here on.
            let turned = self.turned.notified();
            match self.look(|state| (state.gauge.is_pressed() == pressed, state.closed)) {
                (true, _) => return true,
                (false, true) => return false,
                (false, false) => turned.await,
            }
        }
    }

    fn tell(&self, turned: bool) {
        if turned {
            self.turned.notify_waiters();
        }
    }
}

impl<T> State<T> {
    fn follow(&mut self) -> bool {
        self.gauge.follow(self.items.len())
    }
}

/// Whether there was a permit, which is then gone for good, or none is needed any more.
fn taken(permit: Result<SemaphorePermit<'_>, TryAcquireError>) -> bool {
    match permit {
        Ok(permit) => {
            permit.forget();
            true
        }
        Err(TryAcquireError::Closed) => true,
        Err(TryAcquireError::NoPermits) => false,
    }
}
