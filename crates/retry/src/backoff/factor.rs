//! By how much waits grow.

use std::fmt;

/// By how much a wait is longer than the one before it, in whole per cent.
///
/// 2 doubles each wait. 1 leaves all of them as the first is, less makes each shorter, and 0 leaves
/// the first wait only, all others being none. A whole number is a factor, too:
///
/// ```
/// use palisade_retry::Factor;
///
/// assert_eq!(Factor::from(2), Factor::percent(200));
/// assert_eq!(Factor::percent(150).to_string(), "1.5");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factor {
    percent: u32,
}

impl Factor {
    /// So many times as long; more than 42 949 672 is 42 949 672.95.
    ///
    /// ```
    /// # use palisade_retry::Factor;
    /// assert_eq!(Factor::times(2), Factor::default());
    /// ```
    #[must_use]
    pub const fn times(times: u32) -> Self {
        Self { percent: times.saturating_mul(100) }
    }

    /// So many per cent of the one before: 150 is one and a half times as long.
    ///
    /// ```
    /// # use palisade_retry::Factor;
    /// assert!(Factor::percent(150) < Factor::times(2));
    /// ```
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        Self { percent }
    }

    /// As a number, which a float holds exactly enough to be read back.
    #[cfg(feature = "serde")]
    pub(crate) fn as_f64(self) -> f64 {
        f64::from(self.percent) / 100.0
    }

    /// `wait` times this, rounded down; fits whenever `wait` is less than 2^96.
    pub(super) fn of(self, wait: u128) -> u128 {
        wait.saturating_mul(u128::from(self.percent)) / 100
    }
}

/// Doubles.
impl Default for Factor {
    fn default() -> Self {
        Self::times(2)
    }
}

impl From<u32> for Factor {
    fn from(times: u32) -> Self {
        Self::times(times)
    }
}

/// As a decimal number: `2`, `1.5`, `1.05`.
impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, parts) = (self.percent / 100, self.percent % 100);
        match parts {
            0 => write!(f, "{whole}"),
            _ if parts % 10 == 0 => write!(f, "{whole}.{}", parts / 10),
            _ => write!(f, "{whole}.{parts:02}"),
        }
    }
}
