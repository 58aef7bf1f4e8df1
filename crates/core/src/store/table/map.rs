//! One shard's states.

use hashbrown::HashTable;

use super::room::Room;
use crate::Micros;
use crate::algorithm::State;

/// For how long an inert state is kept while there is room: finding a key is cheaper than adding it.
const IDLE: Micros = Micros(10_000_000);

/// How many slots a sweep looks at.
pub(super) const SEARCH: usize = 128;

pub(super) struct Map<S> {
    slots: HashTable<Slot<S>>,
    /// Where the next search begins.
    cursor: usize,
}

/// Half words, so that a state of 12 bytes makes a slot of 20 and not of 24.
struct Slot<S> {
    key: [u32; 2],
    state: S,
}

impl<S: State> Map<S> {
    pub(super) const fn new() -> Self {
        Self { slots: HashTable::new(), cursor: 0 }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut S> {
        self.slots.find_mut(key, |slot| slot.key() == key).map(|slot| &mut slot.state)
    }

    pub(super) fn states(&self) -> impl Iterator<Item = &S> {
        self.slots.iter().map(|slot| &slot.state)
    }

    /// Makes sure that one more key fits in: drops the states that have long been inert instead of
    /// growing, and grows if that frees less than half. Either way the next time is as many
    /// insertions away as this costs; a key that comes back every now and then keeps its slot. None
    /// of a key that is `spared` is dropped.
    pub(super) fn make_way(&mut self, now: Micros, room: &Room, spared: impl Fn(u64) -> bool) {
        let before = self.slots.len();
        if before < self.slots.capacity() {
            return;
        }
        self.slots.retain(|slot| slot.state.inert_at() + IDLE > now || spared(slot.key()));
        room.evict(before - self.slots.len());
        if self.slots.len() > before / 2 {
            self.slots.reserve(self.slots.capacity() - self.slots.len() + 1, Slot::key);
        }
    }

    /// Adds a key that is not there, in the place that was reserved for it.
    pub(super) fn insert(&mut self, key: u64, state: S) -> &mut S {
        &mut self.slots.insert_unique(key, Slot::new(key, state), Slot::key).into_mut().state
    }

    /// Gives the key's place back; `false` if it has none.
    pub(super) fn remove(&mut self, key: u64, room: &Room) -> bool {
        let Ok(slot) = self.slots.find_entry(key, |slot| slot.key() == key) else { return false };
        slot.remove();
        room.release(1);
        true
    }

    /// Drops all inert states, and gives the memory back that they took.
    pub(super) fn tidy(&mut self, now: Micros, room: &Room) {
        let before = self.slots.len();
        self.slots.retain(|slot| slot.state.inert_at() > now);
        room.evict(before - self.slots.len());
        if self.slots.len() < self.slots.capacity() / 4 {
            self.slots.shrink_to(self.slots.len() * 2, Slot::key);
        }
    }

    /// Looks at the next few slots for inert states to drop, sparing the keys that are `spared`.
    pub(super) fn sweep(&mut self, now: Micros, room: &Room, spared: impl Fn(u64) -> bool) {
        let mut dropped = 0;
        for _ in 0..SEARCH.min(self.slots.num_buckets()) {
            self.cursor = (self.cursor + 1) % self.slots.num_buckets();
            if let Ok(slot) = self.slots.get_bucket_entry(self.cursor)
                && slot.get().state.inert_at() <= now
                && !spared(slot.get().key())
            {
                slot.remove();
                dropped += 1;
            }
        }
        room.evict(dropped);
    }
}

impl<S> Slot<S> {
    fn new(key: u64, state: S) -> Self {
        Self { key: [key as u32, (key >> 32) as u32], state }
    }

    #[inline]
    fn key(&self) -> u64 {
        u64::from(self.key[0]) | u64::from(self.key[1]) << 32
    }
}
