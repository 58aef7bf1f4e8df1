//! Several limits as one decision.

use parking_lot::MutexGuard;
use smallvec::SmallVec;

use super::map::Map;
use super::place::Place;
use super::{Entry, Overflow, Table};
use crate::Micros;
use crate::algorithm::{Algorithm, Change, Op, Outcome, State};

/// What a call holds while it decides: the shards of its keys, locked in their order, so that two
/// calls never wait for each other; and after them the overflow states, if a key has no place of its
/// own.
struct Held<'t, S> {
    table: &'t Table<S>,
    shards: SmallVec<[(usize, MutexGuard<'t, Map<S>>); 4]>,
    overflow: Option<MutexGuard<'t, Overflow<S>>>,
}

impl<S: State> Table<S> {
    /// Executes `op` on several limits: all of them or none is charged. Each key must be there once.
    ///
    /// If one refuses, those that would have passed report the state in which they are left.
    pub fn all<A: Algorithm<State = S>>(
        &self,
        entries: &[Entry<'_, A>],
        now: Micros,
        op: Op,
    ) -> SmallVec<[Outcome; 2]> {
        self.all_at(entries, || now, op).0
    }

    /// Executes `op` on several limits, at the time that `now` reads when everything is locked; see
    /// [`one_at`](Self::one_at). Says that time, too.
    pub fn all_at<A: Algorithm<State = S>>(
        &self,
        entries: &[Entry<'_, A>],
        now: impl Fn() -> Micros,
        op: Op,
    ) -> (SmallVec<[Outcome; 2]>, Micros) {
        // A take is not worth a way of its own.
        if let ([a, b], false) = (entries, op == Op::Take)
            && let Some(outcomes) = self.two_at([a, b], &now, op)
        {
            return outcomes;
        }
        let (mut held, now) = Held::lock(self, entries, now);
        let mut plans: SmallVec<[_; 2]> =
            entries.iter().map(|entry| held.plan(entry, entry.units, now, op)).collect();
        if op == Op::Take {
            // All take as many as the one that has fewest. Who has no more keeps its plan: to take none of what
            // a clock that stepped back has put ahead is to repair it, and to ask for none is not.
            let fewest = plans.iter().map(|(outcome, _)| outcome.granted).min().unwrap_or(0);
            for (entry, plan) in entries.iter().zip(&mut plans) {
                if plan.0.granted != fewest {
                    *plan = held.plan(entry, fewest, now, op);
                }
            }
        }
        let agreed = plans.iter().all(|(outcome, _)| outcome.allowed);
        let mut outcomes = SmallVec::new();
        for (entry, (outcome, change)) in entries.iter().zip(plans) {
            let state = held.state(entry);
            match change {
                Change::Repair(change) => entry.algorithm.commit(state, change),
                Change::Commit(change) if agreed => entry.algorithm.commit(state, change),
                Change::Forget if agreed => *state = S::default(),
                Change::Keep | Change::Commit(_) | Change::Forget => {}
            }
            let uncharged = outcome.allowed && !agreed;
            outcomes.push(if uncharged { held.plan(entry, 0, now, op).0 } else { outcome });
        }
        held.tidy(entries, now);
        (outcomes, now)
    }
}

impl<'t, S: State> Held<'t, S> {
    /// Locks the shards, gives each new key its place if there is one, and tells the time.
    fn lock<A>(
        table: &'t Table<S>,
        entries: &[Entry<'_, A>],
        now: impl Fn() -> Micros,
    ) -> (Self, Micros) {
        let mut indices: SmallVec<[usize; 4]> =
            entries.iter().map(|entry| table.shard_index(entry.key)).collect();
        indices.sort_unstable();
        indices.dedup();
        let shards = indices.iter().map(|&index| (index, table.shards()[index].0.lock())).collect();
        let mut held = Self { table, shards, overflow: None };
        let mut time = now();
        // One key of the call must not take the place of another that happens to be inert.
        let ours = |key| entries.iter().any(|entry| entry.key == key);
        for entry in entries {
            let map = held.map(entry.key);
            if map.get_mut(entry.key).is_some() {
                continue;
            }
            match table.place(map, time, ours) {
                Place::Own => {
                    map.insert(entry.key, S::default());
                }
                Place::Overflow => {
                    table.room.overflow();
                    held.overflow.get_or_insert_with(|| table.overflow.lock());
                    time = now();
                }
            }
        }
        (held, time)
    }

    fn map(&mut self, key: u64) -> &mut Map<S> {
        let index = self.table.shard_index(key);
        let at = self.shards.iter().position(|(shard, _)| *shard == index).unwrap_or(0);
        &mut self.shards[at].1
    }

    /// The key's own state; that of the overflow if there was no place for one.
    fn state<A>(&mut self, entry: &Entry<'_, A>) -> &mut S {
        let own = self.shards.iter_mut().find_map(|(_, map)| map.get_mut(entry.key));
        match own {
            Some(state) => state,
            None => self
                .overflow
                .get_or_insert_with(|| self.table.overflow.lock())
                .of_limit(entry.limit),
        }
    }

    fn plan<A: Algorithm<State = S>>(
        &mut self,
        entry: &Entry<'_, A>,
        units: u64,
        now: Micros,
        op: Op,
    ) -> (Outcome, Change<A::Change>) {
        let state = self.state(entry);
        entry.algorithm.plan(state, now, op, units, entry.class)
    }

    /// Takes the places back that new keys did not need, and those of keys that are as good as new.
    fn tidy<A>(&mut self, entries: &[Entry<'_, A>], now: Micros) {
        let room = &self.table.room;
        for entry in entries {
            let map = self.map(entry.key);
            if map.get_mut(entry.key).is_some_and(|state| state.inert_at() <= now) {
                map.remove(entry.key, room);
            }
        }
    }
}
