//! Factors and jitter as people write them.

use std::fmt;
use std::str::FromStr;

use palisade_core::ParseError;

use super::{Factor, Jitter};

const JITTER: &str = r#""none", "full", "equal", "decorrelated" or e.g. "plus 10%""#;

/// Takes a number, to the nearest per cent.
///
/// ```
/// use palisade_retry::Factor;
///
/// assert_eq!(Factor::try_from(1.5), Ok(Factor::percent(150)));
/// assert!(Factor::try_from(f64::NAN).is_err());
/// ```
///
/// # Errors
///
/// Not a number, less than 0, more than 42 949 672.95.
impl TryFrom<f64> for Factor {
    type Error = ParseError;

    fn try_from(times: f64) -> Result<Self, ParseError> {
        rounded(times).ok_or_else(|| out_of_range(&times.to_string()))
    }
}

/// Reads a decimal number such as "2" or "1.5", to the nearest per cent.
///
/// # Errors
///
/// Anything else, and what is less than 0 or more than 42 949 672.95.
impl FromStr for Factor {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let malformed = || ParseError::malformed("factor", text, r#"e.g. "2" or "1.5""#);
        // The nearest float is near enough: all that may be said has ten digits, two of them decimals.
        let times: f64 = text.trim().parse().map_err(|_| malformed())?;
        rounded(times).ok_or_else(|| out_of_range(text))
    }
}

/// The nearest number of per cent, if it is one that a factor can have.
fn rounded(times: f64) -> Option<Factor> {
    let percent = (times * 100.0).round();
    // A number, since one that is none is not at least 0.
    let fits = times >= 0.0 && percent <= f64::from(u32::MAX);
    fits.then(|| Factor::percent(percent as u32))
}

fn out_of_range(value: &str) -> ParseError {
    ParseError::malformed("factor", value, "0 to 42949672.95")
}

/// Reads "none", "full", "equal", "decorrelated", or "plus 10%".
///
/// ```
/// use palisade_retry::{Jitter, Ratio};
///
/// assert_eq!("plus 10%".parse(), Ok(Jitter::Plus(Ratio::percent(10))));
/// ```
///
/// # Errors
///
/// Anything else, and a share of more than all.
impl FromStr for Jitter {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.trim() {
            "none" => Ok(Self::None),
            "full" => Ok(Self::Full),
            "equal" => Ok(Self::Equal),
            "decorrelated" => Ok(Self::Decorrelated),
            other => match other.strip_prefix("plus ") {
                Some(share) => share.parse().map(Self::Plus),
                None => Err(ParseError::malformed("jitter", text, JITTER)),
            },
        }
    }
}

/// As it is read: `full`, `plus 10%`.
impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Full => "full",
            Self::Equal => "equal",
            Self::Decorrelated => "decorrelated",
            Self::Plus(share) => return write!(f, "plus {share}"),
        })
    }
}
