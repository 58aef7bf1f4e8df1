//! A quota as text, there and back.

use std::{fmt, str::FromStr};

use super::{ParseError, Quota, YEAR, duration};

const EXPECTED: &str = r#"e.g. "100/min burst 20""#;

/// Period in µs, its name in a sentence, its name in the short form.
const NAMED: [(u64, &str, &str); 4] = [
    (1_000_000, "second", "s"),
    (60_000_000, "minute", "min"),
    (3_600_000_000, "hour", "h"),
    (86_400_000_000, "day", "day"),
];

impl Quota {
    /// The period in a word or a short text: "hour", "90s".
    ///
    /// ```
    /// use palisade_core::{Quota, per_hour};
    /// use std::time::Duration;
    ///
    /// assert_eq!(per_hour(5).period_name().to_string(), "hour");
    /// assert_eq!(Quota::new(5, Duration::from_secs(90)).period_name().to_string(), "90s");
    /// ```
    #[must_use]
    pub fn period_name(&self) -> impl fmt::Display + use<> {
        PeriodName(*self)
    }
}

struct PeriodName(Quota);

impl fmt::Display for PeriodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMED.iter().find(|(micros, ..)| *micros == self.0.period_micros) {
            Some((_, name, _)) => f.write_str(name),
            None => write!(f, "{}", duration::display(self.0.period())),
        }
    }
}

/// "100 per minute, burst 20"; with `{:#}` "100/min burst 20". A burst that is the limit is left
/// out.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = f.alternate();
        write!(f, "{}{}", self.limit, if short { "/" } else { " per " })?;
        match NAMED.iter().find(|(micros, ..)| *micros == self.period_micros) {
            Some((.., name)) if short => f.write_str(name)?,
            _ => write!(f, "{}", self.period_name())?,
        }
        if self.burst != Self::default_burst(self.limit) {
            write!(f, "{} burst {}", if short { "" } else { "," }, self.burst)?;
        }
        Ok(())
    }
}

/// Reads "100/min burst 20", "100 per minute, burst 20", "10/s", "5/90s".
///
/// The period is a unit (`s`, `sec`, `second`, `m`, `min`, `minute`, `h`, `hour`, `d`, `day`, `ms`,
/// `us`) or a [duration](crate::text::duration) of whole microseconds.
///
/// # Errors
///
/// A text of another form; a limit beyond 4 294 967 295; a burst of 0 or beyond that; a period
/// outside of 1 µs to 365 days. Text is held to the range, where [`Quota::new`] adjusts.
impl FromStr for Quota {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let malformed = || ParseError::malformed("quota", text, EXPECTED);

        let (rate, burst) = match text.split_once("burst") {
            None => (text.trim(), None),
            Some((rate, burst)) => {
                let rate = rate.trim();
                (rate.strip_suffix(',').unwrap_or(rate).trim_end(), Some(burst.trim()))
            }
        };
        let (limit, period) =
            rate.split_once('/').or_else(|| rate.split_once("per")).ok_or_else(malformed)?;

        let limit = count(text, "limit", limit.trim(), 0)?;
        let micros = period_micros(text, period.trim())?;
        let quota = Self { limit, period_micros: micros, burst: Self::default_burst(limit) };
        match burst {
            None => Ok(quota),
            Some(burst) => Ok(quota.burst(count(text, "burst", burst, 1)?)),
        }
    }
}

fn count(text: &str, part: &'static str, digits: &str, least: u32) -> Result<u32, ParseError> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseError::malformed("quota", text, EXPECTED));
    }
    match digits.parse() {
        Ok(count) if count >= least => Ok(count),
        _ => {
            let range = if least == 0 { "0 to 4294967295" } else { "1 to 4294967295" };
            Err(ParseError::out_of_range("quota", text, (part, digits), range))
        }
    }
}

fn period_micros(text: &str, period: &str) -> Result<u64, ParseError> {
    let nanos = match duration::nanos_of(period) {
        Some(unit) => u128::from(unit),
        None if period.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            duration::parse(period)
                .map_err(|_| ParseError::malformed("quota", text, EXPECTED))?
                .as_nanos()
        }
        None => return Err(ParseError::malformed("quota", text, EXPECTED)),
    };
    match u64::try_from(nanos / 1_000) {
        Ok(micros @ 1..=YEAR) if nanos % 1_000 == 0 => Ok(micros),
        _ => Err(ParseError::out_of_range(
            "quota",
            text,
            ("period", period),
            "whole microseconds from 1us to 365d",
        )),
    }
}
