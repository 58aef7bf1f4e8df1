//! Whole microseconds: the one unit of time that layers and stores calculate in.

use std::fmt;
use std::time::Duration;

/// A point in time as whole microseconds since the UNIX epoch, or a span of whole microseconds.
///
/// Microseconds are what Redis' `TIME` answers with, and what a Lua number holds exactly until the
/// year 2255; a limiter calculates in them everywhere, so that memory and Redis decide alike.
/// Arithmetic saturates: a clock that steps back or an absurd span is never a panic.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::Micros;
///
/// let span = Micros::from(Duration::from_millis(250));
/// assert_eq!(span, Micros(250_000));
/// assert_eq!(Micros(1_000_000) + span, Micros(1_250_000));
/// assert_eq!(Micros(1).since(Micros(5)), Micros::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

impl Micros {
    /// The epoch, or no time at all.
    pub const ZERO: Self = Self(0);

    /// The end of time.
    pub const MAX: Self = Self(u64::MAX);

    /// The span from `earlier` to here; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// This span as a [`Duration`].
    #[must_use]
    pub const fn to_duration(self) -> Duration {
        Duration::from_micros(self.0)
    }

    /// `span` in whole microseconds, rounded up; [`Micros::MAX`] if it does not fit.
    ///
    /// Rounded up, since a wait that is a fraction too short is refused again.
    #[must_use]
    pub const fn from_duration(span: Duration) -> Self {
        let micros = span.as_nanos().div_ceil(1_000);
        if micros > u64::MAX as u128 { Self::MAX } else { Self(micros as u64) }
    }
}

impl From<Duration> for Micros {
    fn from(span: Duration) -> Self {
        Self::from_duration(span)
    }
}

impl From<Micros> for Duration {
    fn from(span: Micros) -> Self {
        span.to_duration()
    }
}

impl std::ops::Add for Micros {
    type Output = Self;

    fn add(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} us", self.0)
    }
}
