//! Limits of any kind, on any tier, one or several at once.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwap;
use palisade_core::algorithm::{Op, Outcome};
use palisade_core::store::{Entry, Policy, Table};
use palisade_core::switch::Switch;
use palisade_core::{Clock, Micros, Name, Quota, per_second};
use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::algorithms::gcra::Gcra;
use crate::engine::book::{Book, Plan, Tier};
use crate::engine::call::{Bucket, Call, Part};
use crate::engine::kind::{Kind, One, Slot};
use crate::engine::leave::Leave;

/// One outcome per limit of a call, in their order.
pub(crate) type Outcomes = SmallVec<[Outcome; 2]>;

/// The limits of a layer, and the states of all keys.
pub(crate) struct Several {
    switch: AtomicU32,
    book: ArcSwap<Book>,
    /// Whoever changes the book or the switch.
    writer: Mutex<()>,
    /// Whether any limit is.
    pub(crate) chargeable: bool,
    /// Whether there is one limit, and no other.
    pub(crate) is_sole: bool,
    pub(crate) table: Table<Slot>,
}

/// What is asked of a limit that is the only one.
pub(crate) struct Sole<'a> {
    pub(crate) bucket: Bucket,
    pub(crate) units: u64,
    pub(crate) tier: Option<&'a str>,
    pub(crate) class: u8,
}

/// What it says, when, and of which quota.
pub(crate) struct Said {
    pub(crate) outcome: Outcome,
    pub(crate) at: Micros,
    pub(crate) tier: Tier,
    pub(crate) quota: Quota,
}

impl Said {
    /// Whether the call goes on at once.
    pub(crate) fn passes(&self) -> bool {
        self.outcome.allowed && self.outcome.delay == Micros::ZERO
    }

    /// The call as one of any number of limits, and what they said.
    #[cold]
    pub(crate) fn unfold(self, ask: &Sole<'_>) -> (Call, Outcomes, Micros) {
        let &Sole { bucket, units, class, .. } = ask;
        let part = Part { limit: 0, tier: self.tier, bucket, units };
        let call = Call { parts: [part].into_iter().collect(), class };
        (call, [self.outcome].into_iter().collect(), self.at)
    }
}

impl Several {
    pub(crate) fn new(book: Book, switch: Switch, most_keys: usize) -> Self {
        Self {
            switch: AtomicU32::new(switch.pack()),
            chargeable: book.limits().iter().any(|ruled| ruled.chargeable),
            is_sole: book.limits().len() == 1,
            book: ArcSwap::from_pointee(book),
            writer: Mutex::new(()),
            table: Table::new(most_keys),
        }
    }

    #[inline]
    pub(crate) fn switch(&self) -> Switch {
        Switch::unpack(self.switch.load(Ordering::Relaxed))
    }

    pub(crate) fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        let _one_at_a_time = self.writer.lock();
        self.switch.store(change(self.switch()).pack(), Ordering::Relaxed);
    }

    /// The limits as they stand.
    pub(crate) fn book(&self) -> arc_swap::Guard<Arc<Book>> {
        self.book.load()
    }

    /// Changes the limits for the next call.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        let _one_at_a_time = self.writer.lock();
        let mut book = Book::clone(&self.book.load());
        let result = change(&mut book);
        self.book.store(Arc::new(book));
        result
    }

    /// Executes `op` on a limit that is the only one.
    #[inline]
    pub(crate) fn execute_sole(&self, ask: &Sole<'_>, clock: &Clock, op: Op) -> Said {
        let &Sole { bucket, units, tier, class } = ask;
        let (book, at) = (self.book(), Cell::new(Micros::ZERO));
        let tier = book.tier(0, tier);
        let now = || {
            at.set(clock.now());
            at.get()
        };
        let one = One { key: bucket.place(0), limit: 0, units, class };
        match book.plan(0, tier) {
            Some(plan) => {
                let outcome = plan.kind.execute(&self.table, one, now, op);
                Said { outcome, at: at.get(), tier, quota: plan.quota }
            }
            // Its book has the limit.
            None => Said { outcome: Outcome::UNLIMITED, at: now(), tier, quota: per_second(0) },
        }
    }

    /// Executes `op` on all of the call's limits: all of them take what is asked for, or none does.
    /// Tells the time at which that was decided.
    pub(crate) fn execute(&self, call: &Call, clock: &Clock, op: Op) -> (Outcomes, Micros) {
        let book = self.book();
        let class = call.class;
        if let [part] = call.parts.as_slice() {
            let &Part { limit, tier, bucket, units } = part;
            let at = Cell::new(Micros::ZERO);
            let now = || {
                at.set(clock.now());
                at.get()
            };
            let one = One { key: bucket.place(limit), limit, units, class };
            let execute = |plan: &Plan| plan.kind.execute(&self.table, one, now, op);
            // Each limit of the layer is in its book.
            let outcome = book.plan(limit, tier).map(execute);
            return (outcome.into_iter().collect(), at.get());
        }
        let entry = |part: &Part| -> Option<Entry<'_, Kind>> {
            let &Part { limit, tier, bucket, units } = part;
            let algorithm = &book.plan(limit, tier)?.kind;
            Some(Entry { algorithm, key: bucket.place(limit), limit, units, class })
        };
        let entries: SmallVec<[_; 2]> = call.parts.iter().filter_map(entry).collect();
        self.table.all_at(&entries, || clock.now(), op)
    }

    /// Gives back what a call took that goes away before its time: its place in a shaper's queue, as
    /// far as nobody is behind it, and the units of other limits. `until` says for each limit when
    /// it was to be as good as new just after the call's own decision.
    pub(crate) fn leave(&self, call: &Call, until: &[Micros], clock: &Clock) {
        let book = self.book();
        for (part, &until) in call.parts.iter().zip(until) {
            let &Part { limit, tier, bucket, units } = part;
            let Some(plan) = book.plan(limit, tier) else { continue };
            let algorithm = &Leave { kind: plan.kind.clone(), until };
            let key = bucket.place(limit);
            let entry = Entry { algorithm, key, limit, units, class: call.class };
            self.table.one_at(&entry, || clock.now(), Op::Refund);
        }
    }

    /// The limit of this part as a remote store takes it.
    pub(crate) fn policy(&self, part: &Part, name: Name) -> Policy {
        let book = self.book();
        match book.plan(part.limit, part.tier) {
            Some(plan) => plan.kind.policy(name),
            // Each limit of the layer is in its book.
            None => Policy::new(name, Gcra::new(per_second(0))),
        }
    }

    pub(crate) fn reset(&self, bucket: Bucket) {
        for limit in 0..self.book().limits().len() {
            self.table.forget(bucket.place(limit as u8));
        }
    }
}

impl fmt::Debug for Several {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = self.book().limits().len();
        f.debug_struct("Several").field("limits", &limits).finish_non_exhaustive()
    }
}
