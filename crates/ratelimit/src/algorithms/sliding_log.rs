//! So many in any window of time, exactly.

use palisade_core::algorithm::{Algorithm, Change, Keeps, Op, Outcome, Portion, State, Twin};
use palisade_core::{Micros, Quota};
use smallvec::smallvec;

use super::ask::{Ask, Room, part, used};
use super::events::{Counted, Events};

/// Never more than the limit in any period, wherever it begins: it remembers each grant for a
/// period.
///
/// The only one of the algorithms that promises this, and the dearest. Use it for small limits that
/// must hold to the unit: five codes per hour, three resets per day. The quota's burst has no
/// meaning here and is ignored.
///
/// # Bounds
///
/// A limit above [`MOST`](Self::MOST) is lowered to it.
///
/// # The clock
///
/// A grant that a clock which stepped back has put ahead counts until it is a period old: it blocks
/// for two periods at most, however far the clock steps. What lies more than a period ahead is
/// dropped. A step forward gives the limit back once.
///
/// # Changing the quota
///
/// What was granted stays, and counts for as long as the new period says.
///
/// # Cost
///
/// 12 bytes for each grant of the last period (those of the same microsecond are one), and up to
/// twice that while the list grows: 200 kB for a key that uses up the highest limit, one by one. A
/// key without grants is a word. A decision searches by halving; writing adds to the end and
/// drops what is over, except after a step back, where it can be the whole list.
///
/// ```
/// use palisade_core::Micros;
/// use palisade_core::algorithm::{Op, Retry};
/// use palisade_core::store::{Entry, Table};
/// use palisade_ratelimit::{SlidingLog, per_minute};
///
/// let limit = SlidingLog::new(per_minute(2));
/// let (table, noon) = (Table::new(1_000), Micros(1_767_268_800_000_000));
/// let decide = |now| {
///     let entry = Entry { algorithm: &limit, key: 7, limit: 0, units: 1, class: 0 };
///     table.one(&entry, now, Op::Decide)
/// };
/// assert!(decide(noon).allowed);
/// assert!(decide(noon + Micros(50_000_000)).allowed);
/// // A minute after the first.
/// assert_eq!(decide(noon + Micros(55_000_000)).retry, Retry::After(Micros(5_000_000)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlidingLog {
    quota: Quota,
}

/// What was granted when: the state of a [`SlidingLog`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(Option<Box<Written>>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Written {
    events: Events,
    /// That of the quota by which it was written.
    period: Micros,
}

/// What a commit writes: it first drops all that does not count at its time.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    now: Micros,
    add: u32,
    remove: u32,
}

// ===== impl SlidingLog =====

impl SlidingLog {
    /// The highest limit, in units: a key costs memory for each.
    pub const MOST: u32 = 10_000;

    /// The quota's limit over any of its periods, up to [`MOST`](Self::MOST).
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        if quota.limit() <= Self::MOST {
            return Self { quota };
        }
        Self { quota: Quota::new(Self::MOST, quota.period()).burst(quota.burst_size()) }
    }

    /// The quota, with the limit that is in force.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    const fn period(&self) -> Micros {
        Micros(self.quota.period_micros())
    }
}

impl Algorithm for SlidingLog {
    type State = Log;
    type Change = Step;

    fn plan(
        &self,
        state: &Log,
        now: Micros,
        op: Op,
        units: u64,
        _class: u8,
    ) -> (Outcome, Change<Step>) {
        let (limit, period) = (self.quota.limit(), self.period());
        let counted = state.counted(now, period);
        let left = |count: u32| u64::from(limit.saturating_sub(count));
        // When the `nth` of those that count ceases to, of which number 1 is the oldest.
        let gone_at = |nth: u32| state.time_of(counted.expired, nth, now) + period;

        let room = Room { limit, count: counted.units, free: left(counted.units), unit: 1 };
        let (outcome, ask) = room.ask(op, units, || {
            // More than the limit counts if it was lowered.
            let missing = (u64::from(counted.units) + units).saturating_sub(limit.into());
            gone_at(u32::try_from(missing).unwrap_or(u32::MAX)).since(now)
        });
        let step = match ask {
            Ask::Add(add) => Step { now, add, remove: 0 },
            // A log never holds more than a count does.
            Ask::Remove(units) => {
                Step { now, add: 0, remove: u32::try_from(units).unwrap_or(u32::MAX) }
            }
            Ask::Peek | Ask::Refuse => Step { now, add: 0, remove: 0 },
        };
        let change = match ask.of(counted.units) {
            Some(0) => Change::Forget,
            Some(_) => Change::Commit(step),
            None if counted.beyond && units > 0 => Change::Repair(step),
            None => Change::Keep,
        };

        let after = ask.of(counted.units).unwrap_or(counted.units);
        let until = match (after, step.add) {
            (0, _) => now,
            (left, 0) => gone_at(left),
            _ if counted.units == 0 => now + period,
            _ => gone_at(counted.units).max(now + period),
        };
        (outcome.with_remaining(left(after)).with_reset(until.since(now)), change)
    }

    fn commit(&self, state: &mut Log, Step { now, add, remove }: Step) {
        let written = state.0.get_or_insert_default();
        written.period = self.period();
        let counted = written.events.retain(now, written.period);
        if remove > 0 {
            written.events.truncate(counted.saturating_sub(remove));
        }
        if add > 0 {
            written.events.add(now, add);
        }
        if written.events.is_empty() {
            state.0 = None;
        }
    }

    fn twin(&self) -> Option<Twin> {
        let numbers = smallvec![self.quota.limit().into(), self.period().0];
        let lua = include_str!("sliding_log.lua");
        Some(Twin { tag: "l1", lua, numbers, keeps: Keeps::Set })
    }

    fn portion(&self, portion: Portion) -> Option<Self> {
        Some(Self { quota: part(self.quota, portion) })
    }

    /// As if all that counts had been granted when the newest was.
    fn seen(&self, outcome: &Outcome, at: Micros) -> Option<Log> {
        let add = used(self.quota, outcome);
        let now = (at + outcome.reset()).since(self.period());
        let mut state = Log::default();
        self.commit(&mut state, Step { now, add, remove: 0 });
        Some(state)
    }
}

// ===== impl Log =====

impl Log {
    fn counted(&self, now: Micros, period: Micros) -> Counted {
        self.0.as_ref().map_or_else(Counted::default, |log| log.events.counted(now, period))
    }

    /// When the unit was granted that is the `nth` after the `expired` ones; `now` if there is
    /// none.
    fn time_of(&self, expired: u32, nth: u32, now: Micros) -> Micros {
        let written = self.0.as_ref();
        let time = written.and_then(|log| log.events.time_of(expired.saturating_add(nth)));
        time.unwrap_or(now)
    }
}

impl State for Log {
    fn inert_at(&self) -> Micros {
        let written = self.0.as_ref();
        let last = written.and_then(|log| Some(log.events.newest()? + log.period));
        last.unwrap_or(Micros::ZERO)
    }
}
