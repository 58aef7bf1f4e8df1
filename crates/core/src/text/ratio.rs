//! A share of something, in parts per million.

use std::{fmt, str::FromStr};

use super::{
    ParseError,
    decimal::{self, Decimal},
};

const MILLION: u32 = 1_000_000;

/// A share from nothing to all, in whole parts per million.
///
/// Integers, so that a threshold compares exact counts and never a rounded float.
/// The default is [`Ratio::ZERO`]. Prints and reads as a percentage; reads a plain fraction too.
///
/// ```
/// use palisade_core::Ratio;
///
/// assert_eq!(Ratio::percent(50).to_string(), "50%");
/// assert_eq!("0.5%".parse(), Ok(Ratio::per_million(5_000)));
/// assert_eq!("0.25".parse(), Ok(Ratio::percent(25)));
/// assert_eq!(Ratio::try_from(0.125).unwrap().ppm(), 125_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio(u32);

// ===== impl Ratio =====

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// All.
    pub const ONE: Self = Self(MILLION);

    /// A share in per cent; more than 100 is 100.
    ///
    /// ```
    /// # use palisade_core::Ratio;
    /// assert_eq!(Ratio::percent(50).ppm(), 500_000);
    /// assert_eq!(Ratio::percent(250), Ratio::ONE);
    /// ```
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        Self::per_million(percent.saturating_mul(MILLION / 100))
    }

    /// A share in parts per million; more than a million is a million.
    ///
    /// ```
    /// # use palisade_core::Ratio;
    /// assert_eq!(Ratio::per_million(1).to_string(), "0.0001%");
    /// ```
    #[must_use]
    pub const fn per_million(parts: u32) -> Self {
        Self(if parts > MILLION { MILLION } else { parts })
    }

    /// The share in parts per million, 0 to 1 000 000.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, u64::from(self.0 / 10_000), u64::from(self.0 % 10_000), 4, "%")
    }
}

/// Reads "50%", "0.5%", "0.25" or "1", to the nearest part per million.
///
/// # Errors
///
/// Anything else, and what is more than all.
impl FromStr for Ratio {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let malformed = || ParseError::malformed("ratio", text, r#"e.g. "50%" or "0.5""#);
        let (number, rest) = Decimal::read(text.trim()).ok_or_else(malformed)?;
        let (all, unit) = match rest.trim_start() {
            "" => (1, MILLION),
            "%" => (100, MILLION / 100),
            _ => return Err(malformed()),
        };
        if number.exceeds(all) {
            return Err(ParseError::malformed("ratio", text, "0% to 100%, or 0 to 1"));
        }
        // In range, hence far below 2^32.
        Ok(Self::per_million(number.times_rounded(u64::from(unit)) as u32))
    }
}

/// Takes a fraction of one, to the nearest part per million.
///
/// # Errors
///
/// Not a number, less than 0, more than 1.
impl TryFrom<f64> for Ratio {
    type Error = ParseError;

    fn try_from(fraction: f64) -> Result<Self, ParseError> {
        if !(0.0..=1.0).contains(&fraction) {
            return Err(ParseError::malformed("ratio", &fraction.to_string(), "0 to 1"));
        }
        Ok(Self::per_million((fraction * f64::from(MILLION)).round() as u32))
    }
}
