//! A bucket for each key.

use std::hash::{BuildHasher, Hash};

use foldhash::quality::RandomState;
use parking_lot::Mutex;

use super::bucket::Limit;
use super::clock::{Ticks, Tsc};

const SHARDS: usize = 64;

/// A token bucket (GCRA) for each key, in sixteen bytes whatever the key is.
///
/// The key itself is not kept: its 64-bit keyed hash stands for it. With a million keys, two of them
/// share a bucket with a probability of 3 in 100 million.
#[derive(Debug)]
pub struct Table {
    clock: Tsc,
    hasher: RandomState,
    shards: Box<[Shard]>,
    interval: u64,
    tolerance: u64,
}

/// On cache lines of its own: the lock of one is not the neighbour's business.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<Slots>);

/// Open addressing with linear probing, half full: a key is found in one cache line, where a table
/// with a separate array of tags takes two.
#[derive(Debug, Default)]
struct Slots {
    slots: Box<[Slot]>,
    len: usize,
}

/// A key's fingerprint (0: nobody's), and the time at which its bucket will be full again.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    print: u64,
    full_at: u64,
}

impl Table {
    /// A full bucket for each key.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        let clock = Tsc::new();
        let (interval, tolerance) = limit.ticks(&clock);
        Self {
            clock,
            hasher: RandomState::default(),
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            interval,
            tolerance,
        }
    }

    /// Takes one of the key's tokens, if there is one.
    #[inline]
    pub fn check(&self, key: impl Hash) -> bool {
        let print = self.hasher.hash_one(key) | 1;
        let now = self.clock.now();
        let mut shard = self.shards[(print >> 58) as usize % SHARDS].0.lock();
        let full_at = shard.entry(print);
        let from = (*full_at).max(now);
        let passes = from - now <= self.tolerance;
        if passes {
            *full_at = from + self.interval;
        }
        passes
    }
}

impl Slots {
    /// The entry of a fingerprint, made if there is none.
    #[inline]
    fn entry(&mut self, print: u64) -> &mut u64 {
        let mut place = self.find(print);
        if place.is_none_or(|place| self.slots[place].print == 0) {
            place = self.insert(print);
        }
        &mut self.slots[place.unwrap_or_default()].full_at
    }

    /// Where a fingerprint is, or where it would go; `None` in a table without slots.
    #[inline]
    fn find(&self, print: u64) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut place = (print >> 1) as usize & mask;
        while self.slots[place].print != print && self.slots[place].print != 0 {
            place = (place + 1) & mask;
        }
        Some(place)
    }

    #[cold]
    fn insert(&mut self, print: u64) -> Option<usize> {
        if self.len * 4 >= self.slots.len() * 3 {
            let larger = (self.slots.len() * 2).max(16);
            let slots = std::mem::replace(&mut self.slots, vec![Slot::default(); larger].into());
            for slot in slots.iter().filter(|slot| slot.print != 0) {
                if let Some(place) = self.find(slot.print) {
                    self.slots[place] = *slot;
                }
            }
        }
        let place = self.find(print)?;
        self.slots[place].print = print;
        self.len += 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Table};
    use std::time::Duration;

    #[test]
    fn each_key_has_a_bucket_of_its_own() {
        let table = Table::new(Limit { every: Duration::from_secs(60), burst: 1 });
        for key in 0..10_000_u64 {
            assert!(table.check(key), "{key} is new");
        }
        for key in 0..10_000_u64 {
            assert!(!table.check(key), "{key} has spent its one call");
        }
        assert_eq!([table.check("a"), table.check("b"), table.check("a")], [true, true, false]);
    }
}
