//! Several limits as one decision.

use parking_lot::MutexGuard;
use smallvec::SmallVec;

use super::map::{Map, Place};
use super::{Entry, Table};
use crate::Micros;
use crate::algorithm::{Algorithm, Change, Op, Outcome, State};

/// What a call holds while it decides: the shards of its keys, and the overflow states if a new key
/// found no place. Locked in the order of the shards, so that two calls never wait for each other.
struct Held<'t, S> {
    shards: SmallVec<[(usize, MutexGuard<'t, Map<S>>); 4]>,
    overflow: Option<MutexGuard<'t, SmallVec<[S; 1]>>>,
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
        let mut held = Held::lock(self, entries, now);
        // All take as many as the one that has fewest.
        let fewest = (op == Op::Take).then(|| {
            let granted = |entry: &Entry<'_, A>| held.plan(entry, entry.units, now, op).0.granted;
            entries.iter().map(granted).min().unwrap_or(0)
        });
        let plans: SmallVec<[_; 2]> = entries
            .iter()
            .map(|entry| held.plan(entry, fewest.unwrap_or(entry.units), now, op))
            .collect();
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
        held.tidy(self, entries, now);
        outcomes
    }
}

impl<'t, S: State> Held<'t, S> {
    /// Locks what the call needs, and gives each new key its place.
    fn lock<A>(table: &'t Table<S>, entries: &[Entry<'_, A>], now: Micros) -> Self {
        let mut indices: SmallVec<[usize; 4]> =
            entries.iter().map(|entry| table.shard_index(entry.key)).collect();
        indices.sort_unstable();
        indices.dedup();
        let shards = indices.iter().map(|&index| (index, table.shards()[index].0.lock())).collect();
        let mut held = Self { shards, overflow: None };
        for entry in entries {
            let map = held.map(table.shard_index(entry.key));
            if map.get_mut(entry.key).is_some() {
                continue;
            }
            match map.place(now, &table.room) {
                Place::Own => map.insert(entry.key, S::default()),
                Place::Overflow => {
                    // Given up first, since it is taken again: a lock of ours must not wait for us.
                    held.overflow = None;
                    held.overflow = Some(table.overflow(entry.limit));
                }
            }
        }
        held
    }

    fn map(&mut self, index: usize) -> &mut Map<S> {
        let at = self.shards.iter().position(|(shard, _)| *shard == index).unwrap_or(0);
        &mut self.shards[at].1
    }

    fn state<A>(&mut self, entry: &Entry<'_, A>) -> &mut S {
        let own = self.shards.iter_mut().find_map(|(_, map)| map.get_mut(entry.key));
        match (own, &mut self.overflow) {
            (Some(state), _) => state,
            (None, Some(states)) => &mut states[usize::from(entry.limit)],
            (None, None) => unreachable!("`lock` gives each key a place"),
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
    fn tidy<A>(&mut self, table: &Table<S>, entries: &[Entry<'_, A>], now: Micros) {
        for entry in entries {
            let map = self.map(table.shard_index(entry.key));
            if map.get_mut(entry.key).is_some_and(|state| state.inert_at() <= now) {
                map.remove(entry.key, &table.room);
            }
        }
    }
}
