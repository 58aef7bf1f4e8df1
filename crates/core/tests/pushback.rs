//! What responses say about calling again.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_core::Micros;
use palisade_core::classify::{Pushback, is_throttled, pushback};

/// 1994-11-06 08:49:37 UTC, in the three forms of RFC 9110.
const NOVEMBER: u64 = 784_111_777;

fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(text).expect("a valid value");
    all.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect()
}

fn after(text: &str) -> Option<Duration> {
    let now = Micros((NOVEMBER - 10) * 1_000_000);
    said(text, now).wait()
}

fn said(text: &str, now: Micros) -> Pushback {
    pushback(StatusCode::SERVICE_UNAVAILABLE, &headers(&[("retry-after", text)]), now)
}

#[test]
fn retry_after_is_seconds_or_a_date_in_each_of_its_forms() {
    assert_eq!(after("120"), Some(Duration::from_secs(120)));
    for date in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(after(date), Some(Duration::from_secs(10)), "{date}");
    }
}

#[test]
fn what_has_passed_or_is_malformed_asks_for_nothing() {
    for text in ["0", "", "-1", "1.5", "+3", "soon", "Sun, 06 Nov 1994 08:49:26 GMT", "12 s"] {
        assert_eq!(after(text), None, "{text:?}");
    }
}

#[test]
fn no_time_at_all_is_told_from_nothing_said() {
    let now = Micros(NOVEMBER * 1_000_000);
    for text in ["0", "Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        assert_eq!(said(text, now), Pushback::After(Duration::ZERO), "{text:?}");
    }
    for text in ["", "-1", "soon"] {
        assert_eq!(said(text, now), Pushback::Unsaid, "{text:?}");
    }
}

#[test]
fn more_digits_than_fit_are_a_long_time() {
    let long = after("99999999999999999999999").expect("a time");
    assert_eq!(long, Duration::from_secs(u64::MAX));
}

#[test]
fn only_429_and_503_are_heard() {
    let headers = headers(&[("retry-after", "7")]);
    for (status, heard) in [(200, false), (301, false), (429, true), (500, false), (503, true)] {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(pushback(status, &headers, Micros::ZERO).wait().is_some(), heard, "{status}");
    }
}

#[test]
fn grpc_says_it_in_milliseconds_and_never_by_a_negative_number() {
    let grpc = |text| {
        let all = [("content-type", "application/grpc"), ("grpc-retry-pushback-ms", text)];
        pushback(StatusCode::OK, &headers(&all), Micros::ZERO)
    };
    assert_eq!(grpc("250"), Pushback::After(Duration::from_millis(250)));
    assert_eq!(grpc("0"), Pushback::After(Duration::ZERO));
    for text in ["-1", "x", ""] {
        assert_eq!(grpc(text), Pushback::Never, "{text:?}");
    }
    let http = [("content-type", "application/grpc"), ("retry-after", "5")];
    let said = pushback(StatusCode::SERVICE_UNAVAILABLE, &headers(&http), Micros::ZERO);
    assert_eq!(said, Pushback::Unsaid);
}

#[test]
fn too_many_requests_and_resource_exhausted_are_throttled_and_nothing_else_is() {
    let grpc = |code| headers(&[("content-type", "application/grpc"), ("grpc-status", code)]);
    assert!(is_throttled(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new()));
    assert!(is_throttled(StatusCode::OK, &grpc("8")));
    assert!(!is_throttled(StatusCode::OK, &grpc("14")));
    assert!(!is_throttled(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new()));
    assert!(!is_throttled(StatusCode::OK, &headers(&[("grpc-status", "8")])), "not gRPC");
}
