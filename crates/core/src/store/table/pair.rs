//! Two limits of keys that are known: two windows of one caller, in most cases.

use parking_lot::MutexGuard;
use smallvec::{SmallVec, smallvec};

use super::map::Map;
use super::{Entry, Table};
use crate::Micros;
use crate::algorithm::{Algorithm, Change, Op, Outcome, State};

/// The shards of two keys, locked in their order; or the one that they share.
struct Pair<'t, S> {
    first: MutexGuard<'t, Map<S>>,
    second: Option<MutexGuard<'t, Map<S>>>,
}

impl<S: State> Pair<'_, S> {
    fn map(&mut self, is_first: bool) -> &mut Map<S> {
        match &mut self.second {
            Some(second) if !is_first => second,
            _ => &mut self.first,
        }
    }
}

impl<S: State> Table<S> {
    /// What [`all_at`](Self::all_at) does for two entries, without its vectors and with half of its
    /// searches; `None`, and nothing is done, if a key is not known.
    pub(super) fn two_at<A: Algorithm<State = S>>(
        &self,
        [a, b]: [&Entry<'_, A>; 2],
        now: impl Fn() -> Micros,
        op: Op,
    ) -> Option<(SmallVec<[Outcome; 2]>, Micros)> {
        let (of_a, of_b) = (self.shard_index(a.key), self.shard_index(b.key));
        let lock = |shard: usize| self.shards()[shard].0.lock();
        let first = lock(of_a.min(of_b));
        let second = (of_a != of_b).then(|| lock(of_a.max(of_b)));
        let mut pair = Pair { first, second };
        let (a_first, b_first) = (of_a <= of_b, of_b <= of_a);
        let time = now();
        let mut plan = |entry: &Entry<'_, A>, is_first, units| {
            let state = pair.map(is_first).get_mut(entry.key)?;
            Some(entry.algorithm.plan(state, time, op, units, entry.class))
        };
        let (mut for_a, change_a) = plan(a, a_first, a.units)?;
        let (mut for_b, change_b) = plan(b, b_first, b.units)?;
        let agreed = for_a.allowed && for_b.allowed;
        if !agreed {
            // Who would have passed reports the state in which it is left.
            if for_a.allowed {
                for_a = plan(a, a_first, 0)?.0;
            }
            if for_b.allowed {
                for_b = plan(b, b_first, 0)?.0;
            }
        }
        for (entry, is_first, change) in [(a, a_first, change_a), (b, b_first, change_b)] {
            let map = pair.map(is_first);
            let Some(state) = map.get_mut(entry.key) else { continue };
            let is_forgotten = match change {
                Change::Forget => agreed,
                Change::Commit(_) if !agreed => false,
                Change::Keep => false,
                Change::Commit(change) | Change::Repair(change) => {
                    entry.algorithm.commit(state, change);
                    false
                }
            };
            if is_forgotten || state.inert_at() <= time {
                map.remove(entry.key, &self.room);
            }
        }
        Some((smallvec![for_a, for_b], time))
    }
}
