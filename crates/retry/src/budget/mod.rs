//! How many further attempts there may be.
//!
//! A retry is a second request for work that was just too much for somebody. Three attempts per
//! call are three times the load on a service that is failing because of its load, and that is per
//! layer: three layers of them are 27 times. A budget bounds what all callers add together, as a
//! share of what they ask for anyway, so that an outage costs a fifth more and not twice more.
//! (Site Reliability Engineering, "Handling Overload", 2016; the form with a floor of some per second
//! is Finagle's.)

mod ledger;
mod ring;

use std::sync::Arc;
use std::time::Duration;

use palisade_core::sync::Mutex;
use palisade_core::telemetry::{Counter, Meter, Schema};
use palisade_core::{CallContext, Clock, Micros, Name, Ratio};

use self::ledger::{Ledger, Rates};

/// How many further attempts there may be, for all who share it.
///
/// A token is one further attempt. Each request brings a share of a token, and each second some
/// tokens; what nobody took within the window is gone, and the oldest is taken first. By default
/// that is 20 % of the requests of 10 s, and 10 per second.
///
/// Clones share it: give one to all layers that retry or hedge calls to the same service. A request
/// counts at each of them that it passes: where one is inside another, as a hedge is in a retry, both
/// bring the share, and 10 % makes 20 % in all. Their further attempts bring nothing.
///
/// ```
/// use palisade_core::{Clock, Ratio};
/// use palisade_retry::Budget;
///
/// let budget = Budget::new(Ratio::percent(70)).per_second(0);
/// for _ in 0..100 {
///     budget.deposit();
/// }
/// let now = Clock::default().now();
/// let attempts = (0..100).filter(|_| budget.withdraw(now)).count();
/// assert_eq!(attempts, 70);
/// ```
///
/// # What holds
///
/// Tokens are counted in whole millionths, and nothing is ever rounded up. Seconds bring exactly what
/// they should: a budget that is new, or was left alone, holds what one window brings, and in a time
/// of length *t* no more than `per_second * (t + window)` tokens come from there.
///
/// Of requests it is known how many there were, and not when: they are taken to be spread evenly
/// over the time since somebody last looked (by [`withdraw`](Self::withdraw) or
/// [`balance`](Self::balance)), at first since the budget was made. So never more is given in a time
/// of length *t* than the share of the requests in `t + window + g` before its end, where *g* is the
/// longest time between two looks: short while calls fail, since each that may be repeated is a look.
/// What requests bring is kept in tenths of the window, and gone between nine and ten tenths of it
/// later.
///
/// # Cost
///
/// A request counts one on its own thread: no clock, no lock, nothing that threads share. A further
/// attempt takes a lock, and sums over all threads. No time without calls makes either slower.
#[derive(Clone, Debug)]
pub struct Budget(Option<Arc<Shared>>);

#[derive(Clone, Copy, Debug)]
struct Settings {
    share: Ratio,
    per_second: u32,
    window: Micros,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    /// From when on requests are counted that nobody has looked at.
    born: Micros,
    meter: Meter,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Where the counter stood at the last look.
    seen: u64,
    /// Made by the first look: only then the time is known.
    ledger: Option<Ledger>,
}

const REQUESTS: Counter = Counter::own(0);

/// Publishes nothing: what a budget holds depends on when it is asked.
const SCHEMA: Schema = Schema { layer: "retry_budget", series: &[] };

// ===== impl Budget =====

impl Budget {
    /// So many further attempts for each request, besides 10 per second, within a window of 10 s.
    ///
    /// None at all is [`Ratio::ZERO`] with [`per_second(0)`](Self::per_second).
    ///
    /// ```
    /// use palisade_core::{Clock, Ratio};
    /// use palisade_retry::Budget;
    ///
    /// let none = Budget::new(Ratio::ZERO).per_second(0);
    /// none.deposit();
    /// assert!(!none.withdraw(Clock::default().now()));
    /// ```
    #[must_use]
    pub fn new(share: Ratio) -> Self {
        Self::with(Settings { share, per_second: 10, window: Micros(10_000_000) })
    }

    /// As many as anybody asks for.
    ///
    /// The setters leave it so.
    ///
    /// ```
    /// use palisade_core::Micros;
    /// use palisade_retry::Budget;
    ///
    /// assert!(Budget::unlimited().withdraw(Micros::ZERO));
    /// ```
    #[must_use]
    pub const fn unlimited() -> Self {
        Self(None)
    }

    /// How many tokens come with each second whatever is asked for, so that who makes few requests may
    /// repeat them, too: 10 unless set; with 0 only requests bring any.
    ///
    /// A fresh budget: what clones already share stays as it is.
    #[must_use]
    pub fn per_second(self, per_second: u32) -> Self {
        self.set(|settings| settings.per_second = per_second)
    }

    /// How long tokens last, 10 s unless set.
    ///
    /// Its tenths are whole microseconds, rounded down: below 10 µs nothing lasts, and nothing is given.
    /// `Duration::MAX` keeps everything.
    ///
    /// A fresh budget: what clones already share stays as it is.
    #[must_use]
    pub fn window(self, window: Duration) -> Self {
        self.set(|settings| settings.window = window.into())
    }

    /// One request was made, which is no further attempt at another one.
    #[inline]
    pub fn deposit(&self) {
        if let Some(shared) = &self.0 {
            shared.meter.add(REQUESTS);
        }
    }

    /// A call has come: a request, unless it is the further attempt of a layer outside.
    #[inline]
    pub(crate) fn earn(&self) {
        if CallContext::current().attempt() <= 1 {
            self.deposit();
        }
    }

    /// Takes the token of one further attempt; `false` if there is none.
    ///
    /// A `now` before one that it was given already counts as that.
    #[must_use = "without a token there is to be no further attempt"]
    pub fn withdraw(&self, now: Micros) -> bool {
        self.0.as_ref().is_none_or(|shared| shared.look(now, Ledger::take))
    }

    /// How many whole tokens there are now; `u64::MAX` of an unlimited budget.
    ///
    /// This is a look, too, and costs as much as [`withdraw`](Self::withdraw).
    #[must_use]
    pub fn balance(&self, now: Micros) -> u64 {
        self.0.as_ref().map_or(u64::MAX, |shared| shared.look(now, |ledger| ledger.balance()))
    }

    fn set(self, change: impl FnOnce(&mut Settings)) -> Self {
        let Some(shared) = &self.0 else { return self };
        let mut settings = shared.settings;
        change(&mut settings);
        Self::with(settings)
    }

    fn with(settings: Settings) -> Self {
        let (born, meter) = (Clock::default().now(), Meter::new(&SCHEMA, Name::default()));
        let state = State { seen: meter.gauge().sum(REQUESTS), ledger: None };
        Self(Some(Arc::new(Shared { settings, born, meter, state: Mutex::new(state) })))
    }
}

/// 20 % of requests over 10 s, and 10 per second.
impl Default for Budget {
    fn default() -> Self {
        Self::new(Ratio::percent(20))
    }
}

// ===== impl Shared =====

impl Shared {
    fn look<T>(&self, now: Micros, then: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut state = self.state.lock();
        let requests = self.meter.gauge().sum(REQUESTS);
        let new = requests.wrapping_sub(state.seen);
        state.seen = requests;
        let (settings, born) = (self.settings, self.born);
        let ledger = state.ledger.get_or_insert_with(|| {
            // Whoever looks may have another clock than the one that was read then.
            Ledger::new(Rates::new(settings), born.min(now))
        });
        ledger.see(now, new);
        then(ledger)
    }
}
