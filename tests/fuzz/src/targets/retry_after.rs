//! `Retry-After`, as a service sends it.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use palisade_core::{Micros, classify::pushback};

use super::Target;

/// Seconds and dates, and what is neither.
pub static RETRY_AFTER: Target = Target {
    name: "retry-after",
    texts: &[
        b"120",
        b"0",
        b"99999999999999999999",
        b"Sun, 06 Nov 1994 08:49:37 GMT",
        b"Sunday, 06-Nov-94 08:49:37 GMT",
        b"Sun Nov  6 08:49:37 1994",
        b"Fri, 31 Dec 9999 23:59:59 GMT",
        b"-1",
    ],
    words: &[
        b"Sun, ",
        b"Mon, ",
        b"06",
        b"31",
        b"29",
        b" Nov ",
        b" Feb ",
        b"1994",
        b"9999",
        b"0000",
        b"08:49:37",
        b"24:00:00",
        b"23:59:60",
        b" GMT",
        b" ",
        b"-",
        b"9",
        b"0",
        b"1",
    ],
    check,
};

fn check(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else { return };
    let headers = HeaderMap::from_iter([(header::RETRY_AFTER, value)]);
    let wait = |now| pushback(StatusCode::SERVICE_UNAVAILABLE, &headers, now).wait();

    let at_first = wait(Micros::ZERO);
    assert_ne!(at_first, Some(Duration::ZERO), "no time is none");
    let digits = !input.is_empty() && input.iter().all(u8::is_ascii_digit);
    if digits {
        assert_eq!(wait(Micros::MAX), at_first, "seconds do not depend on the time");
    }
    // A date comes nearer as time goes on, and is nothing once it has passed.
    if let (Some(before), false) = (at_first, digits) {
        let then = Micros::from(before);
        assert_eq!(wait(then), None);
        assert_eq!(wait(Micros(then.0 - 1_000_000)), Some(Duration::from_secs(1)));
        assert!(before < Duration::from_secs(8_030 * 366 * 86_400), "a year of four digits");
    }
}
