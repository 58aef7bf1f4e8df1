//! Where the state of a new key goes.

use super::Table;
use super::map::Map;
use crate::Micros;
use crate::algorithm::State;

/// In how many other shards a new key looks for a place when the table is full.
const OTHERS: usize = 8;

/// Where the state of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a place of its own.
    Own,
    /// With the other keys that found none.
    Overflow,
}

impl<S: State> Table<S> {
    /// Finds a place for a new key of the shard `map`, which the caller has locked; of the states
    /// that are in the way it drops inert ones, but none of a key that is `spared`.
    ///
    /// A full table is not searched through at once: that would make a flood of new keys expensive.
    /// Each looks at a part of its own shard and of the next few, so that wherever there is room it
    /// is soon found. Other shards are not waited for, since the caller holds one.
    pub(super) fn place(
        &self,
        map: &mut Map<S>,
        now: Micros,
        spared: impl Fn(u64) -> bool + Copy,
    ) -> Place {
        if self.room.reserve() {
            map.make_way(now, &self.room, spared);
            return Place::Own;
        }
        map.sweep(now, &self.room, spared);
        let shards = self.shards();
        for _ in 0..OTHERS.min(shards.len() - 1) {
            if self.room.reserve() {
                return Place::Own;
            }
            if let Some(mut other) = shards[self.room.turn() % shards.len()].0.try_lock() {
                other.sweep(now, &self.room, spared);
            }
        }
        if self.room.reserve() { Place::Own } else { Place::Overflow }
    }
}
