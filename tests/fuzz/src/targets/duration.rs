//! `"2m30s"`.

use std::time::Duration;

use palisade_core::text::duration;

use super::{
    Target,
    text::{lossy, parsed},
};

/// Durations of one unit or several.
pub static DURATION: Target = Target {
    name: "duration",
    texts: &[
        b"250ms",
        b"1.5s",
        b"2m30s",
        b"1h 30 min",
        b"2 days 4 hours",
        b"100us",
        "3.25\u{b5}s 7\u{3bc}s".as_bytes(),
        b"7ns",
        b"0s",
        b"18446744073709551615.999999999s",
        b"213503982334601d",
        b"0.1234567899s",
    ],
    words: &[
        b"ns",
        b"nanoseconds",
        b"us",
        "\u{b5}s".as_bytes(),
        "\u{3bc}s".as_bytes(),
        b"ms",
        b"s",
        b"secs",
        b"m",
        b"mins",
        b"minutes",
        b"h",
        b"hours",
        b"d",
        b"days",
        b" ",
        b".",
        b"0",
        b"1",
        b"9",
        b"18446744073709551615",
        b"1s",
        b"0.000000001s",
    ],
    check,
};

fn check(input: &[u8]) {
    let text = lossy(input);
    let Some(parsed) = parsed("duration", &text, duration::parse) else { return };

    let printed = duration::display(parsed).to_string();
    assert_eq!(duration::parse(&printed), Ok(parsed), "{printed}");
    assert!(printed.is_ascii() && printed.len() < 64, "{printed}");

    // Terms add up, in any order and across any space, as far as there is room.
    for more in [Duration::from_nanos(1), Duration::from_secs(3_601), Duration::MAX] {
        let term = duration::display(more).to_string();
        let sum = parsed.checked_add(more);
        for both in [format!("{text} {term}"), format!("{term}\n{text}"), format!("{term}{text}")] {
            assert_eq!(duration::parse(&both).ok(), sum, "and {term}");
        }
    }
}
