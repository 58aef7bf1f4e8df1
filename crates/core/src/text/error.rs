//! What is wrong with a setting written as text.

use std::{error::Error, fmt};

/// At most this many characters of what was given are kept and echoed.
const ECHO: usize = 64;

/// A text that is not a valid quota, ratio, duration or address range.
///
/// The message is one line. It names what was being read, the value, and what would be permitted;
/// of a longer value only its first 64 characters are kept.
///
/// ```
/// use palisade_core::Quota;
///
/// let error = "5 per".parse::<Quota>().unwrap_err();
/// assert_eq!(error.to_string(), r#"quota "5 per": expected e.g. "100/min burst 20""#);
///
/// let error = "99999999999/s".parse::<Quota>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"quota "99999999999/s": limit 99999999999, must be 0 to 4294967295"#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    field: &'static str,
    value: Box<str>,
    part: Option<(&'static str, Box<str>)>,
    expected: &'static str,
}

// ===== impl ParseError =====

impl ParseError {
    /// `value` does not read as a `field` at all; `expected` shows what would.
    ///
    /// ```
    /// use palisade_core::ParseError;
    ///
    /// let error = ParseError::malformed("colour", "7", r#"e.g. "red""#);
    /// assert_eq!(error.to_string(), r#"colour "7": expected e.g. "red""#);
    /// ```
    #[cold]
    #[must_use]
    pub fn malformed(field: &'static str, value: &str, expected: &'static str) -> Self {
        Self { field, value: echo(value), part: None, expected }
    }

    /// One part of `value` reads well but lies outside of what is permitted.
    #[cold]
    pub(crate) fn out_of_range(
        field: &'static str,
        value: &str,
        (part, text): (&'static str, &str),
        expected: &'static str,
    ) -> Self {
        Self { field, value: echo(value), part: Some((part, echo(text))), expected }
    }

    /// What was being read, such as `"quota"`, `"ratio"`, `"duration"` or `"key"`.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// What was given, cut after 64 characters.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What would be permitted: an example, or the range of the part that lies outside of it.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}: ", self.field, self.value)?;
        match &self.part {
            None => write!(f, "expected {}", self.expected),
            Some((part, text)) => {
                write!(f, "{part} {}, must be {}", text.escape_debug(), self.expected)
            }
        }
    }
}

impl Error for ParseError {}

fn echo(value: &str) -> Box<str> {
    match value.char_indices().nth(ECHO) {
        None => value.into(),
        Some((end, _)) => [&value[..end], "…"].concat().into(),
    }
}
