//! What all settings written as text promise.

use palisade_core::ParseError;

use crate::allocations;

/// The longest message: 64 characters of the value and of a part of it, each escaped to at most ten
/// bytes, and what is fixed.
const LONGEST_MESSAGE: usize = 2 * 64 * 10 + 200;

/// What an error may allocate, whatever the input's length.
const ERROR_BYTES: u64 = 2_048;

/// Parses without a heap, or with an error that is fit to print.
pub(crate) fn parsed<T>(
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, ParseError>,
) -> Option<T> {
    let (outcome, info) = allocations::counted(|| parse(text));
    match outcome {
        Ok(value) => {
            assert_eq!(info.count_total, 0, "allocations for what is valid");
            Some(value)
        }
        Err(error) => {
            assert!(info.bytes_total <= ERROR_BYTES, "{} bytes for an error", info.bytes_total);
            is_fit_to_print(&error, field, text);
            None
        }
    }
}

/// One line of bounded length that names the field, the value and what would be permitted.
pub(super) fn is_fit_to_print(error: &ParseError, field: &str, text: &str) {
    let message = error.to_string();
    assert!(message.len() <= LONGEST_MESSAGE, "{} bytes of message", message.len());
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    assert!(!message.contains(breaks), "more than a line: {message:?}");
    assert_eq!(error.field(), field);
    assert!(message.starts_with(&format!("{field} {:?}: ", error.value())), "{message}");
    assert!(message.ends_with(error.expected()), "{message}");

    let kept: String = text.chars().take(64).collect();
    let cut = if kept.len() < text.len() { "\u{2026}" } else { "" };
    assert_eq!(error.value(), kept + cut);
}

/// The parsers take text: of other bytes, what a lenient reader would hand on.
pub(crate) fn lossy(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}
