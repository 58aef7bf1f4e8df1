//! What a refused client reads: a problem document, or a gRPC status as tonic's own types see it.

#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use palisade_core::respond::{Http, Respond};
use palisade_core::{Late, Meta, Reason, Rejection, ResBody, per_minute};
use prost::Message;
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt;

type Answer = Response<ResBody<Full<Bytes>>>;

/// Names the inner service's types.
fn reject(why: Rejection, meta: Meta) -> Result<Answer, Infallible> {
    Respond::<Request<()>, Response<Full<Bytes>>, Infallible>::reject(&Http, why, meta)
}

fn answer(why: Rejection, request: &Request<()>) -> Answer {
    reject(why, Meta::of(request)).unwrap()
}

fn http(why: Rejection) -> Answer {
    answer(why, &Request::get("/").body(()).unwrap())
}

fn grpc(why: Rejection) -> Answer {
    let request = Request::post("/pkg.Greeter/Hello").header("content-type", "application/grpc");
    answer(why, &request.body(()).unwrap())
}

fn status(why: Rejection) -> Status {
    Status::from_header_map(grpc(why).headers()).unwrap()
}

fn pushback(why: Rejection) -> Option<String> {
    let answer = grpc(why);
    answer.headers().get("grpc-retry-pushback-ms").map(|value| value.to_str().unwrap().to_owned())
}

fn retry_after(wait: Duration) -> String {
    let answer = http(limited("api").with_retry_after(wait));
    answer.headers()["retry-after"].to_str().unwrap().to_owned()
}

async fn document(answer: Answer) -> Value {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

fn limited(name: &str) -> Rejection {
    Rejection::new("ratelimit", name, Reason::rate_limited(per_minute(5), "client ip"))
}

fn timed_out() -> Rejection {
    Rejection::new(
        "timeout",
        "api",
        Reason::timed_out(Late::Head, Duration::from_millis(250), Duration::from_millis(250)),
    )
}

#[tokio::test]
async fn a_problem_document_says_everything_that_the_rejection_knows() {
    let why = limited("login").with_retry_after(Duration::from_secs(12));
    let answer = http(why);
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["retry-after"], "12");
    assert_eq!(answer.extensions().get::<Rejection>(), Some(&why));
    assert_eq!(
        document(answer).await,
        json!({
            "title": "Too Many Requests",
            "status": 429,
            "detail": r#"rate limited: "login" allows 5 per minute (by client ip); retry after 12s"#,
            "reason": "rate_limited",
            "policy": "login",
            "retry_after": 12,
        })
    );
}

#[tokio::test]
async fn every_reason_has_its_status_and_title() {
    let store_down = Rejection::new("ratelimit", "api", Reason::StoreDown);
    let key_missing = Rejection::new("ratelimit", "api", Reason::key_missing("api key"));
    let expected = [
        (limited("api"), 429, "rate_limited", "Too Many Requests"),
        (key_missing, 429, "key_missing", "Too Many Requests"),
        (store_down, 503, "store_down", "Service Unavailable"),
        (timed_out(), 504, "timed_out", "Gateway Timeout"),
    ];
    for (why, status, reason, title) in expected {
        let answer = http(why);
        assert_eq!(answer.status(), status);
        assert_eq!(answer.status().canonical_reason(), Some(title));
        let document = document(answer).await;
        assert_eq!(document["status"], status);
        assert_eq!((&document["reason"], &document["title"]), (&json!(reason), &json!(title)));
    }
}

#[tokio::test]
async fn a_document_is_valid_json_whatever_the_name_is() {
    for name in
        ["a\"b\\c", "line\nfeed\u{1}\u{1f}\t", "\u{fc}ber \u{1f6a6} \u{2028}", "</script>", ""]
    {
        let document = document(http(limited(name))).await;
        assert_eq!(document["policy"], name);
        assert!(document["detail"].as_str().unwrap().contains(&format!("{name:?}")));
    }
}

#[test]
fn retry_after_is_rounded_up_and_never_zero() {
    assert_eq!(retry_after(Duration::ZERO), "1");
    assert_eq!(retry_after(Duration::from_nanos(1)), "1");
    assert_eq!(retry_after(Duration::from_secs(1)), "1");
    assert_eq!(retry_after(Duration::from_micros(1_000_001)), "2");
    assert_eq!(retry_after(Duration::from_millis(59_999)), "60");
    assert_eq!(retry_after(Duration::MAX), u64::MAX.to_string());
}

#[tokio::test]
async fn nobody_is_told_to_come_back_when_that_does_not_help() {
    let answer = http(limited("api"));
    assert_eq!(answer.headers().get("retry-after"), None);
    assert_eq!(document(answer).await.get("retry_after"), None);
}

#[test]
fn a_body_of_our_own_has_its_length() {
    let size = http_body::Body::size_hint(http(limited("api")).body());
    assert!(size.exact().unwrap() > 100);
}

#[test]
fn a_grpc_client_reads_a_status_without_a_message() {
    let why = limited("login").with_retry_after(Duration::from_secs(12));
    let answer = grpc(why);
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.extensions().get::<Rejection>(), Some(&why));
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "application/grpc");
    assert_eq!(headers["grpc-status"], "8");
    assert_eq!(headers["grpc-retry-pushback-ms"], "12000");
    assert_eq!(headers.get("retry-after"), None);
    assert!(http_body::Body::is_end_stream(answer.body()), "the head is the end of the stream");
}

#[test]
fn every_reason_has_its_code() {
    let store_down = Rejection::new("ratelimit", "api", Reason::StoreDown);
    let key_missing = Rejection::new("ratelimit", "api", Reason::key_missing("api key"));
    assert_eq!(status(limited("api")).code(), Code::ResourceExhausted);
    assert_eq!(status(key_missing).code(), Code::ResourceExhausted);
    assert_eq!(status(store_down).code(), Code::Unavailable);
    assert_eq!(status(timed_out()).code(), Code::DeadlineExceeded);
}

#[test]
fn a_grpc_message_survives_its_encoding() {
    for name in ["login", "50% of \u{fc}ber", "a\nb", "\u{7f}~ %"] {
        let why = limited(name);
        assert_eq!(status(why).message(), why.to_string());
    }
    let encoded = grpc(limited("50% \u{fc}"));
    let encoded = encoded.headers()["grpc-message"].to_str().unwrap();
    assert!(encoded.contains(r#""50%25 %C3%BC""#), "{encoded}");
}

#[test]
fn pushback_is_in_milliseconds_rounded_up() {
    let after = |wait| pushback(limited("api").with_retry_after(wait)).unwrap();
    assert_eq!(after(Duration::from_millis(1)), "1");
    assert_eq!(after(Duration::from_nanos(1_000_001)), "2");
    assert_eq!(after(Duration::from_micros(1)), "1");
    assert_eq!(after(Duration::MAX), i32::MAX.to_string(), "clients read 32 bits");
}

#[test]
fn a_quota_that_never_passes_says_never() {
    assert_eq!(pushback(limited("api")).unwrap(), "-1");
    let key_missing = Rejection::new("ratelimit", "api", Reason::key_missing("api key"));
    assert_eq!(pushback(key_missing).unwrap(), "-1");
    assert_eq!(pushback(timed_out()), None, "a timeout leaves it to the client");
    assert_eq!(pushback(timed_out().with_retry_after(Duration::from_secs(1))).unwrap(), "1000");
}

#[test]
fn the_details_are_those_that_googles_types_know() {
    let wait = Duration::new(12, 345_678_901);
    let status = status(limited("login").with_retry_after(wait));
    let details = status.get_error_details();
    assert_eq!(details.retry_info().unwrap().retry_delay, Some(wait));
    let [violation] = &details.quota_failure().unwrap().violations[..] else { panic!("not one") };
    assert_eq!(violation.subject, "login");
    assert_eq!(violation.description, status.message());

    let inner = tonic_types::Status::decode(status.details()).unwrap();
    assert_eq!((inner.code, inner.message.as_str()), (8, status.message()));
    assert_eq!(inner.details.len(), 2);
}

#[test]
fn details_hold_only_what_is_known() {
    let forever = status(limited("api")).get_error_details();
    assert!(forever.retry_info().is_none() && forever.quota_failure().is_some());
    let late = status(timed_out()).get_error_details();
    assert!(late.retry_info().is_none() && late.quota_failure().is_none());
}

#[test]
fn an_absurd_wait_is_the_longest_that_protobuf_can_say() {
    let status = status(limited("api").with_retry_after(Duration::MAX));
    let info = status.get_details_retry_info().unwrap();
    assert_eq!(info.retry_delay.unwrap().as_secs(), 315_576_000_000);
}

#[test]
fn a_grpc_web_client_is_answered_in_its_own_type() {
    let request = Request::post("/pkg.Greeter/Hello");
    let request = request.header("content-type", "application/grpc-web-text").body(()).unwrap();
    let answer = answer(limited("api"), &request);
    assert_eq!(answer.headers()["content-type"], "application/grpc-web+proto");
    assert_eq!(answer.headers()["grpc-status"], "8");
}

#[test]
fn a_limit_is_said_in_whole_milliseconds_unless_it_is_short() {
    let said = |micros| {
        let limit = Duration::from_micros(micros);
        Rejection::new("timeout", "up", Reason::timed_out(Late::Head, limit, limit)).to_string()
    };
    assert!(said(199_962).contains(" within 200ms "), "{}", said(199_962));
    assert!(said(12_500_000).contains(" within 12.5s "), "{}", said(12_500_000));
    assert!(said(250).contains(" within 250us "), "{}", said(250));
}
