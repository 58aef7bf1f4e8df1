//! Durations as text: `"250ms"`, `"1.5s"`, `"2m30s"`.
//!
//! Units: `ns`, `us` or `µs`, `ms`, `s`, `m` or `min`, `h`, `d` (24 hours), and their names in
//! full. Several may follow each other, with or without a space, and add up; a number may have a
//! fraction.

use std::{fmt, time::Duration};

use super::{
    ParseError,
    decimal::{self, Decimal},
};

#[cfg(feature = "serde")]
pub mod optional;
#[cfg(feature = "serde")]
pub mod serde;

const US: u64 = 1_000;
const MS: u64 = 1_000 * US;
const SECOND: u64 = 1_000 * MS;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Reads a duration such as `"250ms"`, `"1.5s"`, `"2m30s"`, `"1h"` or `"2d"`.
///
/// What is left below one nanosecond is dropped. A number needs its unit: `"30"` is an error.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::text::duration;
///
/// assert_eq!(duration::parse("2m30s"), Ok(Duration::from_secs(150)));
/// assert_eq!(duration::parse("1.5 s"), Ok(Duration::from_millis(1_500)));
/// assert_eq!(
///     duration::parse("30").unwrap_err().to_string(),
///     r#"duration "30": expected e.g. "250ms", "1.5s" or "2m30s""#
/// );
/// ```
///
/// # Errors
///
/// A text of another form, and more than a [`Duration`] can hold.
pub fn parse(text: &str) -> Result<Duration, ParseError> {
    let malformed =
        || ParseError::malformed("duration", text, r#"e.g. "250ms", "1.5s" or "2m30s""#);
    let overflow =
        || ParseError::malformed("duration", text, "0s to 213503982334601d, which is 2^64 seconds");

    let mut rest = text.trim();
    let mut sum = 0_u128;
    loop {
        let (number, tail) = Decimal::read(rest).ok_or_else(malformed)?;
        let (unit, tail) = split_unit(tail);
        let nanos = number.times(nanos_of(unit).ok_or_else(malformed)?);
        sum = sum.checked_add(nanos).ok_or_else(overflow)?;
        rest = tail.trim_start();
        if rest.is_empty() {
            break;
        }
    }

    let seconds = u64::try_from(sum / u128::from(SECOND)).map_err(|_| overflow())?;
    Ok(Duration::new(seconds, (sum % u128::from(SECOND)) as u32))
}

/// Prints a duration exactly, in the form that [`parse`] reads.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::text::duration;
///
/// assert_eq!(duration::display(Duration::from_millis(1_500)).to_string(), "1.5s");
/// assert_eq!(duration::display(Duration::from_secs(90)).to_string(), "90s");
/// assert_eq!(duration::display(Duration::from_secs(150)).to_string(), "2m30s");
/// ```
#[must_use]
pub fn display(duration: Duration) -> impl fmt::Display + fmt::Debug + Copy {
    Display(duration)
}

/// One unit below two minutes, days to seconds from there.
#[derive(Clone, Copy, Debug)]
struct Display(Duration);

impl fmt::Display for Display {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let nanos = u64::from(self.0.subsec_nanos());
        match (seconds, nanos) {
            (0, 0) => f.write_str("0s"),
            (0, 1..US) => write!(f, "{nanos}ns"),
            (0, US..MS) => decimal::write(f, nanos / US, nanos % US, 3, "us"),
            (0, _) => decimal::write(f, nanos / MS, nanos % MS, 6, "ms"),
            (1..120, _) => decimal::write(f, seconds, nanos, 9, "s"),
            _ => compound(f, seconds, nanos),
        }
    }
}

fn compound(f: &mut fmt::Formatter<'_>, seconds: u64, nanos: u64) -> fmt::Result {
    let mut rest = seconds;
    for (size, unit) in [(86_400, "d"), (3_600, "h"), (60, "m")] {
        if rest >= size {
            write!(f, "{}{unit}", rest / size)?;
            rest %= size;
        }
    }
    if rest > 0 || nanos > 0 { decimal::write(f, rest, nanos, 9, "s") } else { Ok(()) }
}

/// Takes a unit's name off the front of `text`, with the spaces before it.
pub(super) fn split_unit(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    text.split_at(end)
}

/// The length of a unit in nanoseconds.
pub(super) fn nanos_of(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" | "nanosecond" | "nanoseconds" => 1,
        // The micro sign and the Greek letter look alike, and keyboards have either.
        "us" | "\u{b5}s" | "\u{3bc}s" | "microsecond" | "microseconds" => US,
        "ms" | "millisecond" | "milliseconds" => MS,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
        "h" | "hour" | "hours" => HOUR,
        "d" | "day" | "days" => DAY,
        _ => return None,
    })
}
