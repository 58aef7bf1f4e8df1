//! Something of its own for each key: a breaker per host, a bulkhead per client.
//!
//! Where a limit's state is a few bytes that a call looks at once, these are referred to for as long
//! as calls are under way. So each is counted, and one that anybody holds is never evicted; for the
//! rest the table is that of the limits: bounded, sharded, expiring lazily, without a task.

use std::fmt;
use std::sync::Arc;

use crate::algorithm::State;
use crate::key::Fingerprinter;
use crate::store::{Place, Table};
use crate::{Key, Micros};

/// What each key has one of.
pub trait Resident: Send + Sync + 'static {
    /// From when on it is as good as one that is made anew, if nobody uses it any more:
    /// [`Micros::MAX`] if it never is.
    fn inert_at(&self) -> Micros;
}

/// Something of its own for each key, at most so many.
///
/// A key beyond them first takes the place of one that is as good as new. If none is near, it shares
/// one with all others that have no place.
pub struct Keyed<T: Resident> {
    table: Table<Slot<T>>,
    fingerprinter: Fingerprinter,
}

/// A place in the table. A panic while a resident is made leaves it empty.
struct Slot<T>(Option<Arc<T>>);

impl<T: Resident> Keyed<T> {
    /// Room for `most` keys; 0 counts as 1.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { table: Table::new(most), fingerprinter: Fingerprinter::random() }
    }

    /// What `key` has, or shares. If it has none `make` makes one, told where it will be.
    ///
    /// Costs a lock of the key's shard, and a reference counted.
    pub fn get(&self, key: &Key<'_>, now: Micros, make: impl FnOnce(Place) -> T) -> Arc<T> {
        let print = key.fingerprint(&self.fingerprinter);
        self.table.visit(print, now, |slot, place| {
            Arc::clone(slot.0.get_or_insert_with(|| Arc::new(make(place))))
        })
    }

    /// Shows all residents to `visit`, the shared one last. It runs under a lock.
    pub fn each(&self, mut visit: impl FnMut(&Arc<T>, Place)) {
        self.table.each(|slot, place| {
            if let Some(resident) = &slot.0 {
                visit(resident, place);
            }
        });
    }

    /// How many keys have one of their own.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether no key has one.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// How many were dropped because they had become as good as new.
    pub fn evicted(&self) -> u64 {
        self.table.evicted()
    }

    /// How many calls shared one, because there was no place.
    pub fn overflowed(&self) -> u64 {
        self.table.overflowed()
    }
}

impl<T: Resident> fmt::Debug for Keyed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").field("keys", &self.table.len()).finish_non_exhaustive()
    }
}

// ===== impl Slot =====

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Resident> State for Slot<T> {
    fn inert_at(&self) -> Micros {
        match &self.0 {
            None => Micros::ZERO,
            // Asked under the shard's lock, so nobody can come to hold it meanwhile.
            Some(resident) if Arc::strong_count(resident) > 1 => Micros::MAX,
            Some(resident) => resident.inert_at(),
        }
    }
}
