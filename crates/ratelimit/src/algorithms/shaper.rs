//! A queue that lets one go every so often.

use std::time::Duration;

use palisade_core::algorithm::{Algorithm, Change, Keeps, Op, Outcome, Portion, State, Twin};
use palisade_core::{Micros, Quota};
use smallvec::smallvec;

use super::queue::Queue;
use crate::algorithms::gcra::{EXACT, Gcra, Step};

/// One call every `period / limit`: those that come closer together wait their turn.
///
/// The leaky bucket as a queue (J. Turner, "New directions in communications", 1986; nginx's
/// `limit_req`), as the arithmetic of [`Gcra`]: a call that passes is told by
/// [`Outcome::delay`] how long to wait before it goes on. No call
/// waits longer than [`max_wait`](Self::max_wait) or behind more than
/// [`max_queued`](Self::max_queued) units; one that would have to is refused at once, and told when
/// there will be room.
///
/// By their [delay](Outcome::delay) calls go on no closer than the interval, to the microsecond; who
/// waits on a timer goes when its millisecond comes, with the others of that millisecond. Of a call of
/// several units the last goes when its turn comes. With a [`burst`](Self::burst), so many go on at once after a pause.
/// That is 1 unless set here: the quota's own burst, which is the whole limit by default, is
/// ignored.
///
/// nginx's `rate=10r/s burst=5` is `per_second(10)` with a wait of 500 ms; with `nodelay`, a burst
/// of 6 and no wait; with `delay=2`, a burst of 3 and a wait of 300 ms.
///
/// What remains, and what a take grants, is what goes on without a wait. A forced charge makes the
/// queue longer, up to its bounds.
///
/// # Bounds
///
/// As [`Gcra`]: a full queue counts fewer than 2^53 steps, a rate whose fraction has more is slowed
/// by less than a millionth up to a million per second, and a wait that is longer is shortened.
///
/// # Cancellation
///
/// A call that is dropped while it waits has its place all the same, unless it
/// [leaves](Self::leave).
///
/// # The clock
///
/// A step back makes the queue look full at most, and the first refusal makes it so. A step forward
/// empties it.
///
/// # Changing the quota
///
/// What waits keeps its place in time.
///
/// ```
/// use palisade_core::Micros;
/// use palisade_core::algorithm::Op;
/// use palisade_core::store::{Entry, Table};
/// use palisade_ratelimit::{Shaper, per_second};
///
/// let shaper = Shaper::new(per_second(10)).max_queued(2);
/// let (table, noon) = (Table::new(1_000), Micros(1_767_268_800_000_000));
/// let decide = || {
///     let entry = Entry { algorithm: &shaper, key: 7, limit: 0, units: 1, class: 0 };
///     table.one(&entry, noon, Op::Decide)
/// };
/// let delays = [decide(), decide(), decide()].map(|outcome| outcome.delay);
/// assert_eq!(delays, [Micros::ZERO, Micros(100_000), Micros(200_000)]);
/// assert!(!decide().allowed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shaper {
    /// With the burst that is in force.
    quota: Quota,
    max_wait: Micros,
    max_queued: Option<u32>,
    /// The bucket that a decision may fill: what goes at once, and what waits.
    queue: Gcra,
    /// The time of what goes at once, in `1/den` µs.
    tau: u64,
}

/// How long a call waits at most unless told otherwise, in µs: clients seldom wait longer, and each
/// that waits holds its connection.
const PATIENCE: u64 = 10_000_000;

impl Shaper {
    /// The quota's limit in each of its periods, evenly spaced; calls wait for a period at most, and for
    /// no more than 10 s.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        let max_wait = Micros(quota.period_micros().min(PATIENCE));
        Self::with(quota.burst(1), max_wait, None)
    }

    /// How many units may go on at once after a pause; 1 unless set, and at least.
    #[must_use]
    pub fn burst(self, burst: u32) -> Self {
        Self::with(self.quota.burst(burst), self.max_wait, self.max_queued)
    }

    /// How long a call may wait at most, in whole microseconds, rounded down; one period unless set, or
    /// 10 s if that is less.
    ///
    /// With a wait of 0 nothing waits, and the shaper refuses as a [`Gcra`] does.
    #[must_use]
    pub fn max_wait(self, span: Duration) -> Self {
        let micros = span.as_micros().min(u128::from(EXACT)) as u64;
        Self::with(self.quota, Micros(micros), self.max_queued)
    }

    /// How many units may wait at most; as many as [`max_wait`](Self::max_wait) allows unless set.
    /// Both bounds hold.
    #[must_use]
    pub fn max_queued(self, units: u32) -> Self {
        Self::with(self.quota, self.max_wait, Some(units))
    }

    /// The quota, with the shaper's own burst.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// The same queue with another quota: burst and bounds stay.
    pub(crate) fn with_quota(self, quota: Quota) -> Self {
        Self::with(quota.burst(self.quota.burst_size()), self.max_wait, self.max_queued)
    }

    fn with(quota: Quota, max_wait: Micros, max_queued: Option<u32>) -> Self {
        let longest = u128::from(max_wait.0) * u128::from(quota.limit());
        let waiting = longest.div_ceil(u128::from(quota.period_micros()));
        let waiting =
            u32::try_from(waiting).unwrap_or(u32::MAX).min(max_queued.unwrap_or(u32::MAX));
        // A fraction of which all that may wait fits into the bounds, too.
        let all = quota.burst(quota.burst_size().saturating_add(waiting));
        let Gcra { num, den, tau: full } = Gcra::new(all);
        let tau = full.min(u64::from(quota.burst_size()).saturating_mul(num));
        let waiting = max_wait.0.saturating_mul(u64::from(den));
        let queued = max_queued.map_or(u64::MAX, |units| u64::from(units).saturating_mul(num));
        let most = if quota.denies_all() { 0 } else { Gcra::most(den.into()) };
        let queue = Gcra { num, den, tau: tau.saturating_add(waiting.min(queued)).min(most) };
        Self { quota, max_wait, max_queued, queue, tau }
    }

    /// What becomes of a key when a call that waits is dropped before its time: a change to commit
    /// under the key's lock.
    ///
    /// `until` is when the queue was to be empty just after the call's own decision: its time and
    /// its [reset](Outcome::reset). If nobody has a place behind the call, its own is free again,
    /// but for what has flowed off meanwhile, and so are those before it that were left earlier.
    /// Otherwise the place stays empty until those behind it have left as well: they keep theirs, and
    /// whoever came next into a shorter queue would go together with one of them. Of places that
    /// were left here and there one run is remembered, the others stay empty.
    #[must_use]
    pub fn leave(&self, state: &Queue, now: Micros, units: u64, until: Micros) -> Change<Queue> {
        let Gcra { num, den, .. } = self.queue;
        let den = u64::from(den);
        let own = units.saturating_mul(num);
        // Its time has come if no more is left before it than may go at once.
        let before = until.since(now).0.saturating_mul(den);
        let (level, _) = self.queue.level(&state.tat, now);
        if units == 0 || before.min(level) <= self.tau {
            return Change::Keep;
        }
        if state.inert_at() != until {
            // Borders that are rounded can be told from others if no place is as short as that.
            let is_behind = until < state.inert_at() && num >= 2 * den;
            let start = Micros(until.0.saturating_sub(own / den));
            return match is_behind {
                true => Change::Commit(state.without(start, until, now)),
                false => Change::Keep,
            };
        }
        let mut level = level.saturating_sub(own);
        if let Some(start) = state.falls_back(self.queue.tat(now, level).inert_at()) {
            level = level.min(start.since(now).0.saturating_mul(den));
        }
        match level {
            0 => Change::Forget,
            level => Change::Commit(state.ending(self.queue.tat(now, level))),
        }
    }

    const fn room(&self, level: u64) -> u64 {
        self.tau.saturating_sub(level)
    }

    /// How long until no more is left than may go at once.
    const fn delay(&self, level: u64) -> Micros {
        Micros(level.saturating_sub(self.tau).div_ceil(self.queue.den as u64))
    }
}

impl Algorithm for Shaper {
    type State = Queue;
    type Change = Queue;
    const ADDS: bool = true;

    #[inline]
    fn plan(
        &self,
        state: &Queue,
        now: Micros,
        op: Op,
        units: u64,
        _class: u8,
    ) -> (Outcome, Change<Queue>) {
        let (level, beyond) = self.queue.level(&state.tat, now);
        let asked = match op {
            Op::Take => units.min(self.room(level) / self.queue.num),
            Op::Decide | Op::Charge | Op::Refund | Op::Raise => units,
        };
        let Step { mut outcome, level: after } = self.queue.step(level, op, asked);
        if let (Op::Decide, Some(after)) = (op, after) {
            outcome.delay = self.delay(after);
        }
        let change = match after {
            Some(0) => Change::Forget,
            Some(after) => Change::Commit(state.ending(self.queue.tat(now, after))),
            None if beyond && units > 0 => Change::Repair(state.ending(self.queue.tat(now, level))),
            None => Change::Keep,
        };
        let left = self.room(after.unwrap_or(level));
        (outcome.with_room(left, self.queue.num), change)
    }

    #[inline]
    fn commit(&self, state: &mut Queue, change: Queue) {
        *state = change;
    }

    fn twin(&self) -> Option<Twin> {
        let Gcra { num, den, tau } = self.queue;
        let numbers = smallvec![num, den.into(), self.tau, tau];
        let twin = Twin { tag: "q1", lua: include_str!("shaper.lua"), numbers, keeps: Keeps::Text };
        (num.max(tau) <= EXACT).then_some(twin)
    }

    fn delays(&self) -> bool {
        true
    }

    fn portion(&self, portion: Portion) -> Option<Self> {
        let one = Gcra { tau: self.tau, ..self.queue }.portion(portion)?;
        let waiting = self.queue.tau.saturating_sub(self.tau);
        let queue = Gcra { tau: one.tau.saturating_add(waiting), ..one };
        Some(Self { queue, tau: one.tau, ..*self })
    }

    fn seen(&self, outcome: &Outcome, at: Micros) -> Option<Queue> {
        Some(Queue::default().ending(self.queue.seen(outcome, at)?))
    }
}
