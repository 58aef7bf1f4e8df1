//! States in memory, by the fingerprint of their key.
//!
//! The table is sharded: a call locks the shard of its key (of each of its keys, in order) for as
//! long as the arithmetic takes. It is bounded: at most so many keys, and a new key beyond them
//! first takes the place of one whose state has become indistinguishable from never seen; if none is
//! near, all new keys share one overflow state per limit, so a flood of keys never resets a spent
//! one. States expire lazily: a shard that is full drops those that have become indistinguishable from
//! never seen before it grows. There is no task; whoever has one may [tidy](Table::tidy) up.

mod map;
mod pair;
mod place;
mod room;
mod several;

use std::fmt;
use std::sync::OnceLock;

use parking_lot::{Mutex, MutexGuard};
use smallvec::SmallVec;

use self::map::Map;
pub use self::place::Place;
use self::room::Room;
use crate::Micros;
use crate::algorithm::{Algorithm, Change, Op, Outcome, State};

/// One limit of a call, for a table.
#[derive(Debug)]
pub struct Entry<'a, A> {
    /// The arithmetic.
    pub algorithm: &'a A,
    /// The fingerprint of the key, well mixed, and different for each limit of the call.
    pub key: u64,
    /// Which of its caller's limits it is: limits do not share their overflow state.
    pub limit: u8,
    /// How many units.
    pub units: u64,
    /// The caller's priority or service class.
    pub class: u8,
}

/// States of one type, by key.
pub struct Table<S> {
    /// Made on first use: a limit without keys has no use for them.
    shards: OnceLock<Box<[Shard<S>]>>,
    /// Locked after shards, never before.
    overflow: Mutex<Overflow<S>>,
    room: Room,
}

/// The states of keys without a place of their own: one for each limit.
struct Overflow<S>(SmallVec<[S; 1]>);

/// Alone on its cache lines, so that threads on different shards do not meet.
#[repr(align(128))]
struct Shard<S>(Mutex<Map<S>>);

impl<S: State> Table<S> {
    /// A table of at most `most` keys; 0 counts as 1.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            shards: OnceLock::new(),
            overflow: Mutex::new(Overflow(SmallVec::new())),
            room: Room::new(most),
        }
    }

    /// Executes `op` on one limit.
    #[inline]
    pub fn one<A: Algorithm<State = S>>(
        &self,
        entry: &Entry<'_, A>,
        now: Micros,
        op: Op,
    ) -> Outcome {
        self.one_at(entry, || now, op)
    }

    /// Executes `op` on one limit, at the time that `clock` tells.
    ///
    /// A time that was read before, while others were served, would make what they took look like a
    /// step back of the clock, which an algorithm repairs: some of it would be given back. So the
    /// time is read under the lock of the state; or, if a decision that passes only
    /// [adds](Algorithm::ADDS), ahead of the lock, and once more under it should a decision want to
    /// repair something.
    #[inline(always)] // Callers drop what they do not need of an outcome before it is made.
    pub fn one_at<A: Algorithm<State = S>>(
        &self,
        entry: &Entry<'_, A>,
        clock: impl Fn() -> Micros,
        op: Op,
    ) -> Outcome {
        let Entry { algorithm, key, units, class, .. } = *entry;
        let ahead = (A::ADDS && op == Op::Decide).then(&clock);
        let mut map = self.shard(key).0.lock();
        let now = ahead.unwrap_or_else(&clock);
        let Some(state) = map.get_mut(key) else {
            return self.one_unseen(map, entry, now, clock, op);
        };
        let (mut outcome, mut change) = algorithm.plan(state, now, op, units, class);
        if matches!(change, Change::Repair(_)) && ahead.is_some() {
            (outcome, change) = algorithm.plan(state, clock(), op, units, class);
        }
        match change {
            Change::Keep => {}
            Change::Commit(change) | Change::Repair(change) => algorithm.commit(state, change),
            Change::Forget => {
                map.remove(key, &self.room);
            }
        }
        outcome
    }

    #[cold]
    fn one_unseen<A: Algorithm<State = S>>(
        &self,
        mut map: MutexGuard<'_, Map<S>>,
        entry: &Entry<'_, A>,
        now: Micros,
        clock: impl Fn() -> Micros,
        op: Op,
    ) -> Outcome {
        match self.place(&mut map, now, |_| false) {
            Place::Own => {
                // A panic in the arithmetic leaves an inert state behind, which is dropped later.
                let state = map.insert(entry.key, S::default());
                let (outcome, change) =
                    entry.algorithm.plan(state, now, op, entry.units, entry.class);
                match change {
                    Change::Commit(change) | Change::Repair(change) => {
                        entry.algorithm.commit(state, change);
                    }
                    Change::Keep | Change::Forget => {
                        map.remove(entry.key, &self.room);
                    }
                }
                outcome
            }
            Place::Overflow => {
                drop(map);
                self.room.overflow();
                let mut overflow = self.overflow.lock();
                let now = clock();
                let state = overflow.of_limit(entry.limit);
                let (outcome, change) =
                    entry.algorithm.plan(state, now, op, entry.units, entry.class);
                match change {
                    Change::Keep => {}
                    Change::Commit(change) | Change::Repair(change) => {
                        entry.algorithm.commit(state, change);
                    }
                    Change::Forget => *state = S::default(),
                }
                outcome
            }
        }
    }

    /// Shows the state of a key to `visit`, after making one for a key that is not known; that of
    /// the overflow if there is no place for it. `visit` runs under a lock.
    pub fn visit<R>(&self, key: u64, now: Micros, visit: impl FnOnce(&mut S, Place) -> R) -> R {
        let mut map = self.shard(key).0.lock();
        if let Some(state) = map.get_mut(key) {
            return visit(state, Place::Own);
        }
        match self.place(&mut map, now, |_| false) {
            Place::Own => visit(map.insert(key, S::default()), Place::Own),
            Place::Overflow => {
                drop(map);
                self.room.overflow();
                visit(self.overflow.lock().of_limit(0), Place::Overflow)
            }
        }
    }

    /// Shows all states to `visit`, one after another, each under its shard's lock; those of the
    /// overflow last.
    pub fn each(&self, mut visit: impl FnMut(&S, Place)) {
        for shard in self.shards.get().into_iter().flatten() {
            shard.0.lock().states().for_each(|state| visit(state, Place::Own));
        }
        self.overflow.lock().0.iter().for_each(|state| visit(state, Place::Overflow));
    }

    /// Forgets a key; `true` if it was known.
    pub fn forget(&self, key: u64) -> bool {
        self.shard(key).0.lock().remove(key, &self.room)
    }

    /// Drops the states that are indistinguishable from never seen at `now`, one shard after another.
    /// Nobody has to: new keys take their places anyway. It gives memory back after a flood of keys.
    pub fn tidy(&self, now: Micros) {
        for shard in self.shards.get().into_iter().flatten() {
            shard.0.lock().tidy(now, &self.room);
        }
    }

    /// How many keys have a state of their own.
    pub fn len(&self) -> usize {
        self.room.taken()
    }

    /// Whether no key has a state.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many states were dropped because they had become indistinguishable from never seen.
    pub fn evicted(&self) -> u64 {
        self.room.evicted()
    }

    /// How many operations went to an overflow state, because the table was full.
    pub fn overflowed(&self) -> u64 {
        self.room.overflowed()
    }

    #[inline(always)]
    fn shard(&self, key: u64) -> &Shard<S> {
        &self.shards()[self.shard_index(key)]
    }

    /// The map uses the lowest and the highest bits of a fingerprint, shards those between.
    #[inline(always)]
    fn shard_index(&self, key: u64) -> usize {
        (key >> 40) as usize & (self.shards().len() - 1)
    }

    #[inline(always)]
    fn shards(&self) -> &[Shard<S>] {
        match self.shards.get() {
            Some(shards) => shards,
            None => self.make_shards(),
        }
    }

    #[cold]
    fn make_shards(&self) -> &[Shard<S>] {
        self.shards.get_or_init(|| {
            let cores = std::thread::available_parallelism().map_or(4, usize::from);
            // Many, so that the growth of one holds nobody up for long; but not so many that a new
            // key of a full table finds too few others in its shard to take the place of one.
            let shards = (16 * cores).next_power_of_two().clamp(64, 1024);
            let shards = shards.min((self.room.most() / map::SEARCH).next_power_of_two());
            (0..shards).map(|_| Shard(Mutex::new(Map::new()))).collect()
        })
    }
}

impl<S: State> Overflow<S> {
    fn of_limit(&mut self, limit: u8) -> &mut S {
        let index = usize::from(limit);
        if self.0.len() <= index {
            self.0.resize_with(index + 1, S::default);
        }
        &mut self.0[index]
    }
}

impl<S: State> fmt::Debug for Table<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("keys", &self.len()).field("most", &self.room.most()).finish()
    }
}
