//! The verdicts, rule by rule.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::{Empty, Full};
use palisade_core::classify::{self, Verdict};
use palisade_core::{BoxError, Late, LayerError, Reason, Rejection, per_second};

fn rate_limited() -> Rejection {
    Rejection::new("ratelimit", "api", Reason::rate_limited(per_second(1), ""))
}

fn timed_out() -> Rejection {
    Rejection::new(
        "timeout",
        "api",
        Reason::timed_out(Late::Head, Duration::from_secs(1), Duration::from_secs(1)),
    )
}

fn with_message(status: u16, headers: &[(&str, &str)]) -> Verdict {
    let body = Full::new(Bytes::from_static(b"message"));
    let mut response = Response::builder().status(status);
    for &(name, value) in headers {
        response = response.header(name, value);
    }
    classify::response(&response.body(body).unwrap())
}

fn without_message(headers: &[(&str, &str)]) -> Verdict {
    let mut response = Response::builder();
    for &(name, value) in headers {
        response = response.header(name, value);
    }
    classify::response(&response.body(Empty::<Bytes>::new()).unwrap())
}

const GRPC: (&str, &str) = ("content-type", "application/grpc+proto");

#[test]
fn an_http_response_fails_from_500_on() {
    for status in [200, 204, 301, 400, 404, 429, 499] {
        assert_eq!(with_message(status, &[]), Verdict::Success, "{status}");
    }
    for status in [500, 502, 503, 504, 599] {
        assert_eq!(with_message(status, &[]), Verdict::Failure, "{status}");
        assert_eq!(with_message(status, &[GRPC]), Verdict::Failure, "{status} instead of gRPC");
    }
}

#[test]
fn a_grpc_response_with_a_message_is_judged_at_its_end() {
    assert_eq!(with_message(200, &[GRPC]), Verdict::AtEnd);
    assert_eq!(with_message(200, &[("content-type", "Application/gRPC")]), Verdict::AtEnd);
}

#[test]
fn a_grpc_status_in_the_head_is_the_verdict() {
    for code in 0..=16 {
        let failure = [2, 4, 13, 14].contains(&code);
        let expected = if failure { Verdict::Failure } else { Verdict::Success };
        let status = code.to_string();
        assert_eq!(without_message(&[GRPC, ("grpc-status", &status)]), expected, "{code}");
        assert_eq!(with_message(200, &[GRPC, ("grpc-status", &status)]), expected, "{code}");
    }
}

#[test]
fn a_grpc_response_without_message_and_status_failed() {
    assert_eq!(without_message(&[GRPC]), Verdict::Failure);
}

#[test]
fn a_grpc_web_response_is_judged_as_any_other() {
    let web = ("content-type", "application/grpc-web+proto");
    assert_eq!(with_message(200, &[web]), Verdict::Success);
    assert_eq!(with_message(503, &[web]), Verdict::Failure);
}

#[test]
fn a_grpc_status_elsewhere_means_nothing() {
    assert_eq!(with_message(200, &[("grpc-status", "14")]), Verdict::Success);
}

#[test]
fn trailers_speak_by_their_status() {
    let status = |code| {
        HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static(code))])
    };
    assert_eq!(classify::grpc_status(Some(&status("0"))), Verdict::Success);
    assert_eq!(classify::grpc_status(Some(&status("14"))), Verdict::Failure);
    assert_eq!(classify::grpc_status(Some(&HeaderMap::new())), Verdict::Failure);
    assert_eq!(classify::grpc_status(None), Verdict::Failure);
}

#[test]
fn a_rejection_in_the_extensions_goes_before_the_status() {
    let verdict = |why: Rejection, status| {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.status_mut() = status;
        response.extensions_mut().insert(why);
        classify::response(&response)
    };
    assert_eq!(verdict(rate_limited(), StatusCode::SERVICE_UNAVAILABLE), Verdict::Neutral);
    assert_eq!(verdict(timed_out(), StatusCode::OK), Verdict::Failure);
}

#[test]
fn an_error_is_a_failure_unless_a_layer_refused() {
    assert_eq!(classify::error(&io::Error::other("disk")), Verdict::Failure);
    assert_eq!(classify::error(&rate_limited()), Verdict::Neutral);
    assert_eq!(classify::error(&timed_out()), Verdict::Failure);
    let store_down = Rejection::new("ratelimit", "api", Reason::StoreDown);
    assert_eq!(classify::error(&store_down), Verdict::Neutral);
}

#[test]
fn a_rejection_is_found_below_any_number_of_layers() {
    let typed: LayerError<io::Error> = LayerError::Rejected(rate_limited());
    let nested: LayerError<LayerError<io::Error>> = LayerError::Inner(typed);
    assert_eq!(classify::error(&nested), Verdict::Neutral);

    let boxed: BoxError = Box::new(io::Error::other(nested));
    assert_eq!(classify::error(&*boxed), Verdict::Neutral);

    let inner: LayerError<io::Error> = LayerError::Inner(io::Error::other("disk"));
    assert_eq!(classify::error(&inner), Verdict::Failure);
}

#[test]
fn an_event_stream_is_known_by_its_media_type() {
    let is = |value: &str| {
        let value = (http::header::CONTENT_TYPE, value.parse().unwrap());
        classify::is_event_stream(&HeaderMap::from_iter([value]))
    };
    assert!(is("text/event-stream") && is("Text/Event-Stream") && is("text/event-stream ; a=b"));
    assert!(!is("text/event-streams") && !is("text/event") && !is("a;text/event-stream"));
    assert!(!classify::is_event_stream(&HeaderMap::new()));
}
