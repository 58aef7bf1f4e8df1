//! How much in which time.

use std::time::Duration;

use crate::text::{ParseError, duration};

mod parse;

/// One year of 365 days, in microseconds.
const YEAR: u64 = 365 * 24 * 3_600 * 1_000_000;

/// A limit over a period, with a burst: `per_minute(100).burst(20)`.
///
/// Any limit is valid; 0 denies all. The burst is what may pass at once after a pause. Unless set,
/// it is the limit itself.
///
/// Prints as a sentence, and with `{:#}` in the short form that configurations use. Reads both.
///
/// ```
/// use palisade_core::{Quota, per_minute};
///
/// let quota = per_minute(100).burst(20);
/// assert_eq!(quota.to_string(), "100 per minute, burst 20");
/// assert_eq!(format!("{quota:#}"), "100/min burst 20");
/// assert_eq!("100/min burst 20".parse(), Ok(quota));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: u32,
    period_micros: u64,
    burst: u32,
}

/// `limit` per second, with a burst of as many.
///
/// ```
/// assert_eq!(palisade_core::per_second(10).burst(20).to_string(), "10 per second, burst 20");
/// ```
#[must_use]
pub const fn per_second(limit: u32) -> Quota {
    Quota::new(limit, Duration::from_secs(1))
}

/// `limit` per minute, with a burst of as many.
///
/// ```
/// assert_eq!(palisade_core::per_minute(5).to_string(), "5 per minute");
/// ```
#[must_use]
pub const fn per_minute(limit: u32) -> Quota {
    Quota::new(limit, Duration::from_secs(60))
}

/// `limit` per hour, with a burst of as many.
///
/// ```
/// assert_eq!(palisade_core::per_hour(1_000).to_string(), "1000 per hour");
/// ```
#[must_use]
pub const fn per_hour(limit: u32) -> Quota {
    Quota::new(limit, Duration::from_secs(3_600))
}

/// `limit` per day of 24 hours, with a burst of as many.
///
/// ```
/// assert_eq!(palisade_core::per_day(1).to_string(), "1 per day");
/// ```
#[must_use]
pub const fn per_day(limit: u32) -> Quota {
    Quota::new(limit, Duration::from_secs(86_400))
}

// ===== impl Quota =====

impl Quota {
    /// `limit` per `period`, with a burst of `limit`, or of 1 if that is 0.
    ///
    /// The period counts in whole microseconds, what is left below one is dropped. Less than 1 µs
    /// is raised to 1 µs; more than a year of 365 days is lowered to that.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_core::Quota;
    ///
    /// assert_eq!(Quota::new(5, Duration::from_secs(90)).to_string(), "5 per 90s");
    /// assert_eq!(Quota::new(5, Duration::ZERO).period(), Duration::from_micros(1));
    /// ```
    #[must_use]
    pub const fn new(limit: u32, period: Duration) -> Self {
        let micros = period.as_micros();
        let period_micros = match micros {
            0 => 1,
            _ if micros > YEAR as u128 => YEAR,
            _ => micros as u64,
        };
        Self { limit, period_micros, burst: Self::default_burst(limit) }
    }

    /// How much may pass at once after a pause, at least 1: with a burst of 0 nothing could ever
    /// pass, whatever the limit says, so 0 is raised to 1. To deny all, set the limit to 0.
    ///
    /// ```
    /// use palisade_core::per_second;
    ///
    /// assert_eq!(per_second(10).burst(20).burst_size(), 20);
    /// assert_eq!(per_second(10).burst(0).burst_size(), 1);
    /// ```
    #[must_use]
    pub const fn burst(mut self, burst: u32) -> Self {
        self.burst = if burst == 0 { 1 } else { burst };
        self
    }

    /// How much may pass per period; 0 denies all.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The period, from 1 µs to 365 days.
    #[must_use]
    pub const fn period(&self) -> Duration {
        Duration::from_micros(self.period_micros)
    }

    /// The period in whole microseconds, never 0.
    #[must_use]
    pub const fn period_micros(&self) -> u64 {
        self.period_micros
    }

    /// How much may pass at once after a pause, never 0.
    #[must_use]
    pub const fn burst_size(&self) -> u32 {
        self.burst
    }

    /// Whether nothing passes: the limit is 0.
    #[must_use]
    pub const fn denies_all(&self) -> bool {
        self.limit == 0
    }

    const fn default_burst(limit: u32) -> u32 {
        if limit == 0 { 1 } else { limit }
    }
}
