//! So many in each window of time.

use palisade_core::algorithm::{Algorithm, Change, Keeps, Op, Outcome, Portion, State, Twin};
use palisade_core::{Micros, Quota};
use smallvec::smallvec;

use super::ask::{Room, part, used};
use super::packed::{At, Coarse};

/// At most the limit in each window of one period; the next window starts from nothing.
///
/// Use it where the window itself is the promise: so many per calendar day, as an invoice counts
/// them. Around the edge of two windows twice the limit can pass within an instant; where that
/// matters, use a bucket or a [`SlidingLog`](crate::SlidingLog). The quota's burst has no meaning
/// here and is ignored.
///
/// # The clock
///
/// If the clock steps back, a window that begins at most one period ahead still counts, so a step
/// blocks for two periods at most, however far it goes; a window further ahead is dropped. A step
/// forward gives the limit back once.
///
/// # Changing the quota
///
/// What was counted stays counted while its window is one of the new quota's, too. A window from
/// the epoch that is not starts afresh.
///
/// # Cost
///
/// A state of 16 bytes.
///
/// ```
/// use palisade_core::Micros;
/// use palisade_core::algorithm::{Op, Retry};
/// use palisade_core::store::{Entry, Table};
/// use palisade_ratelimit::{FixedWindow, per_minute};
///
/// let limit = FixedWindow::new(per_minute(100));
/// let (table, noon) = (Table::new(1_000), Micros(1_767_268_800_000_000));
/// let take = |units| {
///     table.one(&Entry { algorithm: &limit, key: 7, limit: 0, units, class: 0 }, noon, Op::Decide)
/// };
/// assert_eq!(take(60).remaining(), 40);
/// assert_eq!(take(60).retry, Retry::After(Micros(60_000_000)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedWindow {
    quota: Quota,
    anchor: Anchor,
}

/// Where windows begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Anchor {
    /// At multiples of the period since the UNIX epoch, for all keys alike: hours and days begin as
    /// they do in UTC. All keys come back at once.
    #[default]
    Epoch,
    /// With the first call of a key, and again with the first after the window's end.
    FirstHit,
}

/// What was granted in which window: the state of a [`FixedWindow`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    start: At,
    /// 0 only in a state that was never written.
    count: u32,
    period: Coarse,
}

/// A key's window as it is now.
struct Current {
    start: Micros,
    count: u32,
    /// Whether the state was of a time that is still too far ahead.
    dropped: bool,
}

// ===== impl FixedWindow =====

impl FixedWindow {
    /// The quota's limit in each of its periods, which begin at [`Anchor::Epoch`] unless set.
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        Self { quota, anchor: Anchor::Epoch }
    }

    /// Where windows begin; [`Anchor::Epoch`] unless set.
    #[must_use]
    pub const fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// The same windows with another quota.
    pub(crate) const fn with_quota(self, quota: Quota) -> Self {
        Self { quota, ..self }
    }

    const fn period(&self) -> Micros {
        Micros(self.quota.period_micros())
    }

    fn current(&self, window: &Window, now: Micros) -> Current {
        let (start, period) = (window.start.micros(), self.period());
        let (new, kept) = match self.anchor {
            Anchor::Epoch => {
                let new = Micros(now.0 - now.0 % period.0);
                (new, start == new || start.0.checked_sub(new.0) == Some(period.0))
            }
            Anchor::FirstHit => (now, now.since(start) < period && start.since(now) <= period),
        };
        match window.count {
            0 => Current { start: new, count: 0, dropped: false },
            count if kept => Current { start, count, dropped: false },
            _ => Current { start: new, count: 0, dropped: start > now },
        }
    }
}

impl Algorithm for FixedWindow {
    type State = Window;
    type Change = Window;

    fn plan(
        &self,
        state: &Window,
        now: Micros,
        op: Op,
        units: u64,
        _class: u8,
    ) -> (Outcome, Change<Window>) {
        let Current { start, count, dropped } = self.current(state, now);
        let (limit, until_end) = (self.quota.limit(), (start + self.period()).since(now));
        let left = |count: u32| u64::from(limit.saturating_sub(count));
        let room = Room { limit, count, free: left(count), unit: 1 };
        let (outcome, ask) = room.ask(op, units, || until_end);
        let after = ask.of(count);
        let change = match after {
            Some(0) => Change::Forget,
            Some(count) => Change::Commit(Window {
                start: At::new(start),
                count,
                period: Coarse::new(self.period()),
            }),
            None if dropped && units > 0 => Change::Repair(Window::default()),
            None => Change::Keep,
        };
        let count = after.unwrap_or(count);
        let reset = if count > 0 { until_end } else { Micros::ZERO };
        (outcome.with_remaining(left(count)).with_reset(reset), change)
    }

    fn commit(&self, state: &mut Window, change: Window) {
        *state = change;
    }

    fn twin(&self) -> Option<Twin> {
        let from_first = u64::from(self.anchor == Anchor::FirstHit);
        let numbers = smallvec![self.quota.limit().into(), self.period().0, from_first];
        let lua = include_str!("fixed_window.lua");
        Some(Twin { tag: "f1", lua, numbers, keeps: Keeps::Text })
    }

    fn portion(&self, portion: Portion) -> Option<Self> {
        Some(self.with_quota(part(self.quota, portion)))
    }

    fn seen(&self, outcome: &Outcome, at: Micros) -> Option<Window> {
        let count = used(self.quota, outcome);
        let period = self.period();
        let start = (at + outcome.reset()).since(period);
        Some(match count {
            0 => Window::default(),
            count => Window { start: At::new(start), count, period: Coarse::new(period) },
        })
    }
}

// ===== impl Window =====

impl State for Window {
    fn inert_at(&self) -> Micros {
        match self.count {
            0 => Micros::ZERO,
            _ => self.start.micros() + self.period.micros(),
        }
    }
}
