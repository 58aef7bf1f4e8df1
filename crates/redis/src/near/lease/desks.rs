//! The desks of all limits, and who looks after them.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use palisade_core::algorithm::Op;
use palisade_core::keyed::Keyed;
use palisade_core::store::{Charge, Place, Store};
use palisade_core::{Clock, Micros};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::desk::{Desk, Due, Take};
use super::terms::Terms;
use crate::near::print;

/// How many refunds are sent at once.
const BATCH: usize = 64;

/// The desks of all limits.
pub(super) struct Desks {
    desks: Keyed<Desk>,
    pub(super) terms: Terms,
    pub(super) clock: Clock,
    is_tended: AtomicBool,
    tender: Mutex<Option<AbortHandle>>,
}

impl Desks {
    pub(super) fn new(terms: Terms, clock: Clock) -> Self {
        Self {
            desks: Keyed::new(terms.most_keys),
            terms,
            clock,
            is_tended: AtomicBool::new(false),
            tender: Mutex::default(),
        }
    }

    pub(super) fn of(&self, charge: &Charge, now: Micros) -> Arc<Desk> {
        let make = |place| Desk::new(self.terms, matches!(place, Place::Overflow));
        self.desks.get(&print::key(charge), now, make)
    }

    /// What has to be looked after; or, if `all`, whatever is at hand.
    pub(super) fn due(&self, all: bool) -> Due {
        let (mut due, now) = (Due::default(), self.clock.now());
        self.desks.each(|desk, _| desk.collect(&mut due, now, all));
        due
    }

    /// Sees to it that somebody looks after what is at hand: one task for all, which ends when there is
    /// nothing left, or with the desks.
    pub(super) fn tend<S: Store>(self: &Arc<Self>, store: &Arc<S>) {
        if self.is_tended.load(Ordering::SeqCst) || self.is_tended.swap(true, Ordering::SeqCst) {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => {
                let round = rounds(Arc::downgrade(self), Arc::downgrade(store));
                *self.tender.lock() = Some(runtime.spawn(round).abort_handle());
            }
            // What is at hand lapses then.
            Err(_) => self.is_tended.store(false, Ordering::SeqCst),
        }
    }

    /// How long to wait for the next round; `None` if there will be none.
    fn rest(&self) -> Option<Duration> {
        let next = self.next().or_else(|| {
            self.is_tended.store(false, Ordering::SeqCst);
            // Who came before that has seen a tender.
            self.next().filter(|_| !self.is_tended.swap(true, Ordering::SeqCst))
        })?;
        Some(next.since(self.clock.now()).to_duration().max(Duration::from_millis(1)))
    }

    fn next(&self) -> Option<Micros> {
        let (mut next, now) = (None, self.clock.now());
        self.desks.each(|desk, _| next = next.into_iter().chain(desk.next(now)).min());
        next
    }
}

/// No task outlives its store.
impl Drop for Desks {
    fn drop(&mut self) {
        if let Some(tender) = self.tender.get_mut() {
            tender.abort();
        }
    }
}

/// A tender that ends with its runtime, and not by itself, leaves its place to another one.
struct Tender(Option<Weak<Desks>>);

impl Drop for Tender {
    fn drop(&mut self) {
        if let Some(desks) = self.0.take().and_then(|desks| desks.upgrade()) {
            desks.is_tended.store(false, Ordering::SeqCst);
        }
    }
}

async fn rounds<S: Store>(desks: Weak<Desks>, store: Weak<S>) {
    let mut tender = Tender(Some(Weak::clone(&desks)));
    loop {
        let Some(Due { owed, takes, lost }) = desks.upgrade().map(|desks| desks.due(false)) else {
            return;
        };
        // First, since units flow off meanwhile.
        give_back(&store, owed).await;
        lost.iter().for_each(|take| take.give_up());
        let Some(ttl) = desks.upgrade().map(|desks| desks.terms.ttl.to_duration()) else { return };
        finish(&takes, ttl).await;
        let rest = desks.upgrade().and_then(|desks| desks.rest());
        let Some(rest) = rest else {
            tender.0 = None;
            return;
        };
        sleep(rest).await;
    }
}

/// Waits for takes that nobody else waits for. Those that take longer are looked after in the next round.
async fn finish(takes: &[Arc<Take>], ttl: Duration) {
    let mut waits: Vec<_> = takes.iter().map(Take::wait).collect();
    let all = poll_fn(|cx| {
        waits.retain_mut(|wait| Pin::new(wait).poll(cx).is_pending());
        if waits.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    });
    // Late or not, they are looked at again.
    let _ = timeout(ttl, all).await;
}

/// Gives units back. What a store does not take lapses.
pub(super) async fn give_back<S: Store>(store: &Weak<S>, owed: Vec<Charge>) {
    for batch in owed.chunks(BATCH) {
        let Some(store) = store.upgrade() else { return };
        let _ = store.execute(Op::Refund, batch.to_vec()).await;
    }
}
