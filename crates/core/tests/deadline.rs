//! Deadlines in headers: what is read, what is written, and that nobody gets more time than is left.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use palisade_core::deadline::{GRPC_TIMEOUT, REQUEST_TIMEOUT_MS, read, write};
use palisade_core::{Deadline, ManualClock, Micros};
use proptest::prelude::*;

fn name(grpc: bool) -> HeaderName {
    if grpc { GRPC_TIMEOUT } else { REQUEST_TIMEOUT_MS }
}

fn reads(grpc: bool, value: &str) -> Option<u64> {
    let headers = HeaderMap::from_iter([(name(grpc), value.parse().unwrap())]);
    read(&headers, grpc).map(|Micros(micros)| micros)
}

fn writes(grpc: bool, micros: u64) -> String {
    let mut headers = HeaderMap::new();
    write(&mut headers, grpc, Micros(micros));
    assert_eq!(headers.len(), 1);
    headers[name(grpc)].to_str().unwrap().to_owned()
}

#[test]
fn each_unit_of_grpc_is_known() {
    assert_eq!(reads(true, "2H"), Some(7_200_000_000));
    assert_eq!(reads(true, "2M"), Some(120_000_000));
    assert_eq!(reads(true, "2S"), Some(2_000_000));
    assert_eq!(reads(true, "2m"), Some(2_000));
    assert_eq!(reads(true, "2u"), Some(2));
    assert_eq!(reads(true, "2000n"), Some(2));
    assert_eq!(reads(true, "2001n"), Some(3), "rounded up, as all that is waited for");
    assert_eq!(reads(true, "0n"), Some(0));
}

#[test]
fn grpc_has_eight_digits_at_most() {
    assert_eq!(reads(true, "99999999S"), Some(99_999_999_000_000));
    assert_eq!(reads(true, "00000001S"), Some(1_000_000));
    assert_eq!(reads(true, "100000000S"), None);
    assert_eq!(reads(true, "000000001S"), None);
}

#[test]
fn whole_milliseconds_are_read_however_many() {
    assert_eq!(reads(false, "0"), Some(0));
    assert_eq!(reads(false, "250"), Some(250_000));
    assert_eq!(reads(false, "99999999999999999999999"), Some(u64::MAX));
}

#[test]
fn what_is_malformed_is_no_deadline() {
    for value in
        ["", "S", "1", "-1S", "+1S", "1s", "1h", "1.5S", "1 S", " 1S", "1S ", "1SS", "\u{fc}S"]
    {
        assert_eq!(reads(true, value), None, "{value:?}");
    }
    for value in ["", "-1", "+1", "1.5", "1s", "1ms", "1 0", "0x1"] {
        assert_eq!(reads(false, value), None, "{value:?}");
    }
    let mut headers = HeaderMap::new();
    headers.insert(GRPC_TIMEOUT, http::HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(read(&headers, true), None);
    assert_eq!(read(&HeaderMap::new(), true), None);
}

#[test]
fn each_kind_of_request_has_its_own_header_and_its_first_line_counts() {
    let mut headers = HeaderMap::new();
    headers.append(GRPC_TIMEOUT, "1S".parse().unwrap());
    headers.append(GRPC_TIMEOUT, "2S".parse().unwrap());
    assert_eq!(read(&headers, true), Some(Micros(1_000_000)));
    assert_eq!(read(&headers, false), None);
}

#[test]
fn the_finest_unit_that_fits_is_written() {
    assert_eq!(writes(true, 99_999_999), "99999999u");
    assert_eq!(writes(true, 100_000_999), "100000m");
    assert_eq!(writes(true, 99_999_999_999), "99999999m");
    assert_eq!(writes(true, 100_000_000_000), "100000S");
    assert_eq!(writes(true, 100_000_000_000_000), "1666666M");
    assert_eq!(writes(true, 6_000_000_000_000_000), "1666666H");
    assert_eq!(writes(true, u64::MAX), "99999999H");
    assert_eq!(writes(false, 1_999), "1");
}

#[test]
fn no_time_is_written_as_the_least_that_is_some() {
    assert_eq!(writes(true, 0), "1u");
    assert_eq!(writes(false, 999), "1");
}

#[test]
fn what_is_written_replaces_what_was_there() {
    let mut headers = HeaderMap::new();
    headers.append(GRPC_TIMEOUT, "1S".parse().unwrap());
    headers.append(GRPC_TIMEOUT, "2S".parse().unwrap());
    write(&mut headers, true, Micros(5));
    assert_eq!(headers.get_all(GRPC_TIMEOUT).iter().collect::<Vec<_>>(), ["5u"]);
}

#[test]
fn what_remains_of_a_deadline_is_nothing_once_it_has_passed() {
    let time = ManualClock::new();
    let deadline = Deadline::new(time.clock().now() + Micros(5_000_000), time.clock());
    assert_eq!(deadline.remaining(), Duration::from_secs(5));
    time.advance(Duration::from_secs(6));
    assert_eq!(deadline.remaining(), Duration::ZERO);
    assert_eq!(deadline.clone().at(), deadline.at());
}

proptest! {
    /// What arrives is never later, and loses less than a part in a million or the header's own unit.
    #[test]
    fn a_deadline_arrives_no_later_than_it_was_sent(micros in any::<u64>(), digits in 0u32..64, grpc: bool) {
        let sent = micros >> digits;
        let mut headers = HeaderMap::new();
        write(&mut headers, grpc, Micros(sent));
        let Micros(arrived) = read(&headers, grpc).unwrap();
        let unit = if grpc { 1 } else { 1_000 };
        prop_assert!(arrived <= sent.max(unit), "{sent} became {arrived}");
        let most = 99_999_999 * 3_600_000_000;
        let lost = sent.min(if grpc { most } else { u64::MAX }) - arrived.min(sent);
        prop_assert!(lost <= unit.max(sent / 100_000), "{sent} became {arrived}");
    }

    #[test]
    fn any_text_is_read_or_ignored(text in "[0-9HMSmun+. -]{0,12}", grpc: bool) {
        let Ok(value) = text.parse() else { return Ok(()) };
        let headers = HeaderMap::from_iter([(name(grpc), value)]);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let valid = if grpc {
            text.len() <= 9 && text.ends_with(['H', 'M', 'S', 'm', 'u', 'n'])
                && digits(&text[..text.len() - 1])
        } else {
            digits(&text)
        };
        prop_assert_eq!(read(&headers, grpc).is_some(), valid);
    }
}
