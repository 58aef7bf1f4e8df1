//! So many in a window that slides, from two counts.

use palisade_core::algorithm::{Algorithm, Change, Keeps, Op, Outcome, Portion, Twin};
use palisade_core::{Micros, Quota};
use smallvec::smallvec;

use super::ask::{Ask, Room, part, used};
use super::buckets::Buckets;
use crate::algorithms::gcra::EXACT;

/// At most the limit, estimated over the period that ends now: what this window has counted, and of
/// the window before as much as the period still covers.
///
/// The estimate takes the calls of the window before as spread evenly. A caller who knows that gets
/// at most twice the limit less one in a period: the limit at the end of one window, and nearly as
/// much again towards the end of the next. A caller who spreads calls evenly at the very limit is
/// refused one in each window. Where either matters, use a [`SlidingLog`](crate::SlidingLog) or a
/// bucket; this needs 20 bytes whatever the limit.
///
/// Windows begin at multiples of the period since the UNIX epoch. A call's own units count before
/// it is compared, and weights are exact fractions, so the estimate with the call in it is never
/// above the limit. (The algorithm is from Cloudflare's "How we built rate limiting capable of
/// scaling to millions of domains", 2017, which compares the estimate without the call.) The
/// quota's burst has no meaning here and is ignored.
///
/// # Bounds
///
/// The limit times the period in microseconds stays below 2^53, as in a Lua script; a higher limit
/// is lowered to what fits: 104 249 per day, 2 501 999 per hour, any limit per second.
///
/// # The clock
///
/// If the clock steps back to the window before, the decision is that at the beginning of the
/// window that it was in, so a step blocks for three periods at most, however far it goes; what
/// lies further ahead is dropped. A step forward gives the limit back once.
///
/// # Changing the quota
///
/// Counts stay as they are. With another period they stay only where its windows begin together
/// with those of the old one.
///
/// ```
/// use palisade_core::Micros;
/// use palisade_core::algorithm::Op;
/// use palisade_core::store::{Entry, Table};
/// use palisade_ratelimit::{SlidingWindow, per_minute};
///
/// let limit = SlidingWindow::new(per_minute(100));
/// let (table, noon) = (Table::new(1_000), Micros(1_767_268_800_000_000));
/// let take = |now, units| {
///     table.one(&Entry { algorithm: &limit, key: 7, limit: 0, units, class: 0 }, now, Op::Decide)
/// };
/// assert_eq!(take(noon, 80).remaining(), 20);
/// // A quarter into the next minute, three quarters of the 80 still count.
/// assert_eq!(take(noon + Micros(75_000_000), 1).remaining(), 39);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlidingWindow {
    quota: Quota,
}

impl SlidingWindow {
    /// The quota's limit over its period, or as much of it as [fits](Self#bounds).
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        let most = EXACT / quota.period_micros();
        if quota.limit() as u64 <= most {
            return Self { quota };
        }
        let fitting = Quota::new(most as u32, quota.period());
        Self { quota: fitting.burst(quota.burst_size()) }
    }

    /// The quota, with the limit that is in force.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }
}

impl Algorithm for SlidingWindow {
    type State = Buckets;
    type Change = Buckets;

    fn plan(
        &self,
        state: &Buckets,
        now: Micros,
        op: Op,
        units: u64,
        _class: u8,
    ) -> (Outcome, Change<Buckets>) {
        let (limit, period) = (self.quota.limit(), self.quota.period_micros());
        let view = state.view(period, now);
        let room = Room { limit, count: view.current, free: view.free(limit), unit: period };
        let (outcome, ask) = room.ask(op, units, || view.retry(limit, units));
        let mut after = view;
        if let Some(current) = ask.of(view.current) {
            after.current = current;
        }
        if let Ask::Remove(units) = ask {
            let rest = units.saturating_sub(u64::from(view.current));
            let left = u64::from(view.previous).saturating_sub(rest);
            after.previous = u32::try_from(left).unwrap_or(view.previous);
        }
        let change = match ask {
            Ask::Add(_) | Ask::Remove(_) if after.is_empty() => Change::Forget,
            Ask::Add(_) | Ask::Remove(_) => Change::Commit(after.state()),
            Ask::Refuse if view.dropped => Change::Repair(Buckets::default()),
            Ask::Refuse | Ask::Peek => Change::Keep,
        };
        (outcome.with_room(after.free(limit), period).with_reset(after.reset()), change)
    }

    fn commit(&self, state: &mut Buckets, change: Buckets) {
        *state = change;
    }

    fn twin(&self) -> Option<Twin> {
        let numbers = smallvec![self.quota.limit().into(), self.quota.period_micros()];
        let lua = include_str!("sliding_window.lua");
        Some(Twin { tag: "w1", lua, numbers, keeps: Keeps::Text })
    }

    fn portion(&self, portion: Portion) -> Option<Self> {
        Some(Self { quota: part(self.quota, portion) })
    }

    fn seen(&self, outcome: &Outcome, at: Micros) -> Option<Buckets> {
        let period = Micros(self.quota.period_micros());
        Some(Buckets::seen(used(self.quota, outcome), at, outcome.reset(), period))
    }
}
