//! When a breaker opens.

mod raised;
mod throttle;

use std::time::Duration;

use palisade_core::{Cause, Micros, Ratio};

pub use self::raised::Raised;
pub use self::throttle::Throttle;
use crate::evidence::tally::Tally;

/// When a breaker opens: one rule, or several of which the first that is met opens it.
///
/// Rates are compared as exact counts, and inclusively: 50 % of 20 calls are 10. They hold for the
/// breaker's [`Window`](crate::Window), once it has its minimum of calls.
///
/// ```
/// use std::time::Duration;
/// use palisade_breaker::{BreakerLayer, Ratio, Trip};
///
/// let trip = Trip::failure_rate(Ratio::percent(20))
///     .or(Trip::slow_rate(Ratio::percent(80), Duration::from_secs(2)))
///     .or(Trip::consecutive(10));
/// BreakerLayer::new().trip(trip);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trip {
    pub(crate) consecutive: Option<u32>,
    pub(crate) failure_rate: Option<Ratio>,
    pub(crate) slow_rate: Option<(Ratio, Duration)>,
    pub(crate) raised: Option<Raised>,
}

impl Trip {
    /// Never: for a breaker that is opened by hand, or that only [throttles](Throttle).
    #[must_use]
    pub const fn never() -> Self {
        Self { consecutive: None, failure_rate: None, slow_rate: None, raised: None }
    }

    /// After so many failures with no success between them, whatever the window holds; 0 counts as 1.
    #[must_use]
    pub const fn consecutive(failures: u32) -> Self {
        let failures = if failures == 0 { 1 } else { failures };
        Self { consecutive: Some(failures), ..Self::never() }
    }

    /// From this share of failures on; zero is the first failure.
    #[must_use]
    pub const fn failure_rate(rate: Ratio) -> Self {
        Self { failure_rate: Some(rate), ..Self::never() }
    }

    /// From this share of calls on that took `slow` or longer, whether they succeeded or not. Zero is
    /// the first slow call. This costs two readings of the clock per call.
    #[must_use]
    pub const fn slow_rate(rate: Ratio, slow: Duration) -> Self {
        Self { slow_rate: Some((rate, slow)), ..Self::never() }
    }

    /// When calls fail significantly more often than they usually do; see [`Raised`].
    #[must_use]
    pub const fn raised(rule: Raised) -> Self {
        Self { raised: Some(rule), ..Self::never() }
    }

    /// Also when `other` says so. Of two rules of one kind the stricter numbers stand: the
    /// lower rate, the fewer failures, the shorter time.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        fn either<T>(a: Option<T>, b: Option<T>, first: impl FnOnce(T, T) -> T) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(first(a, b)),
                (a, b) => a.or(b),
            }
        }
        Self {
            consecutive: either(self.consecutive, other.consecutive, u32::min),
            failure_rate: either(self.failure_rate, other.failure_rate, Ratio::min),
            slow_rate: either(self.slow_rate, other.slow_rate, |a, b| (a.0.min(b.0), a.1.min(b.1))),
            raised: either(self.raised, other.raised, Raised::stricter),
        }
    }

    /// Without the rules that remember more than the window.
    pub(crate) const fn only_rates(self) -> Self {
        Self { consecutive: None, raised: None, ..self }
    }

    /// How long a call takes that is slow, if that matters.
    pub(crate) fn slow(&self) -> Option<Micros> {
        self.slow_rate.map(|(_, slow)| slow.into())
    }

    /// Why the rates of a window should open the breaker, if they should.
    pub(crate) fn judge(&self, window: Tally, minimum: u32) -> Option<Cause> {
        let (calls, failures) = (window.calls(), window.failures);
        if calls < u64::from(minimum.max(1)) {
            return None;
        }
        let of = count(calls);
        if self.failure_rate.is_some_and(|rate| reaches(failures, calls, rate)) {
            return Some(Cause::Failed { calls: count(failures), of });
        }
        if self.slow_rate.is_some_and(|(rate, _)| reaches(window.slow, calls, rate)) {
            return Some(Cause::Slow { calls: count(window.slow), of });
        }
        None
    }
}

/// Whether so many of `all` are at least this share of them. None are no share.
pub(crate) fn reaches(some: u64, all: u64, rate: Ratio) -> bool {
    some > 0 && u128::from(some) * 1_000_000 >= u128::from(rate.ppm()) * u128::from(all)
}

pub(crate) fn count(calls: u64) -> u32 {
    u32::try_from(calls).unwrap_or(u32::MAX)
}
