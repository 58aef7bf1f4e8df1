//! Requests that fail are sent again, if they may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};

use crate::support::{Running, Wire, configured_before, metric};

/// An upstream that fails until it has been asked so often, and then says what arrived.
fn failing_until(asked: u64) -> (Router, Arc<AtomicU64>) {
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    let answer = async move |headers: HeaderMap, body: Bytes| {
        if counted.fetch_add(1, Relaxed) + 1 < asked {
            return (StatusCode::SERVICE_UNAVAILABLE, "not yet".to_owned());
        }
        let attempt = headers.get("x-attempt").map_or("none", |number| number.to_str().unwrap());
        (StatusCode::OK, format!("attempt {attempt}, {} bytes", body.len()))
    };
    (Router::new().fallback(answer), count)
}

/// A retry without waits, and with more settings.
async fn before(app: Router, name: &str, more: &str) -> Running {
    let retry = format!("retry = {{ name = {name:?}, backoff = \"none\"{more} }}");
    configured_before(app, "", &retry).await
}

/// The status and the body.
async fn ask(gateway: &Running, request: &str) -> (String, String) {
    let mut caller = Wire::to(gateway).await;
    caller.send(&request.replacen('\n', "\nHost: a\nConnection: close\n", 1)).await;
    let status =
        caller.head().await.first_line().strip_prefix("http/1.1 ").unwrap()[..3].to_owned();
    (status, caller.rest().await)
}

const GET: &str = "GET /up/a HTTP/1.1\n\n";

fn retries(name: &str, result: &str) -> String {
    format!(r#"palisade_retries_total{{layer="retry",name="{name}",result="{result}"}}"#)
}

#[tokio::test]
async fn a_request_that_fails_twice_is_answered_by_the_third_attempt() {
    let (app, asked) = failing_until(3);
    let gateway = before(app, "retries-third", r#", attempt_header = "x-attempt""#).await;
    assert_eq!(ask(&gateway, GET).await, ("200".to_owned(), "attempt 3, 0 bytes".to_owned()));
    assert_eq!(asked.load(Relaxed), 3);
    assert_eq!(metric(&gateway, &retries("retries-third", "success")).await, 1);
    let attempts = r#"palisade_retry_attempts_total{layer="retry",name="retries-third"}"#;
    assert_eq!(metric(&gateway, attempts).await, 2);
}

#[tokio::test]
async fn who_has_had_all_attempts_gets_the_last_answer() {
    let (app, asked) = failing_until(9);
    let gateway = before(app, "retries-all", ", max_attempts = 2").await;
    assert_eq!(ask(&gateway, GET).await, ("503".to_owned(), "not yet".to_owned()));
    assert_eq!(asked.load(Relaxed), 2);
    assert_eq!(metric(&gateway, &retries("retries-all", "exhausted")).await, 1);
}

#[tokio::test]
async fn a_post_is_sent_once_unless_it_says_that_it_may_be_repeated() {
    let (app, asked) = failing_until(3);
    let gateway = before(app, "retries-post", "").await;
    let post = "POST /up/a HTTP/1.1\nContent-Length: 5\n\nhello";
    assert_eq!(ask(&gateway, post).await.0, "503");
    assert_eq!(asked.load(Relaxed), 1);
    assert_eq!(metric(&gateway, &retries("retries-post", "not_idempotent")).await, 1);

    let post = post.replace("Content-Length", "Idempotency-Key: 1\nContent-Length");
    assert_eq!(ask(&gateway, &post).await, ("200".to_owned(), "attempt none, 5 bytes".to_owned()));
    assert_eq!(asked.load(Relaxed), 3);
}

#[tokio::test]
async fn a_body_is_sent_again_as_far_as_it_is_kept() {
    let (app, asked) = failing_until(2);
    let gateway = before(app, "retries-body", ", max_replay = 5").await;
    let put = "PUT /up/a HTTP/1.1\nTransfer-Encoding: chunked\n\n2\nhe\n3\nllo\n0\n\n";
    assert_eq!(ask(&gateway, put).await, ("200".to_owned(), "attempt none, 5 bytes".to_owned()));
    assert_eq!(asked.load(Relaxed), 2);

    let (app, asked) = failing_until(2);
    let gateway = before(app, "retries-large", ", max_replay = 5").await;
    assert_eq!(ask(&gateway, &put.replace("3\nllo", "4\nlloo")).await.0, "503");
    assert_eq!(asked.load(Relaxed), 1, "of 6 bytes");
    assert_eq!(metric(&gateway, &retries("retries-large", "not_replayable")).await, 1);
}

#[tokio::test]
async fn only_the_statuses_of_the_route_are_tried_again_and_other_routes_are_not() {
    let answering = |status| {
        let count = Arc::new(AtomicU64::new(0));
        let asked = Arc::clone(&count);
        let app = Router::new().fallback(async move || {
            asked.fetch_add(1, Relaxed);
            status
        });
        (app, count)
    };
    for (status, settings, attempts) in [
        (StatusCode::INTERNAL_SERVER_ERROR, "", 1),
        (StatusCode::INTERNAL_SERVER_ERROR, ", statuses = [500]", 3),
        (StatusCode::BAD_GATEWAY, ", statuses = [500]", 1),
    ] {
        let (app, asked) = answering(status);
        let gateway = before(app, "retries-statuses", settings).await;
        ask(&gateway, GET).await;
        assert_eq!(asked.load(Relaxed), attempts, "{status}{settings}");
        ask(&gateway, &GET.replace("/up", "/down")).await;
        assert_eq!(asked.load(Relaxed), attempts + 1, "/down has no retry");
    }
}

#[tokio::test]
async fn an_open_breaker_ends_the_attempts() {
    let (app, asked) = failing_until(99);
    let breaker =
        r#"name = "retries-open", consecutive_failures = 2, open_for = "1h", open_at_most = "1h""#;
    let retry = r#"retry = { name = "retries-open", backoff = "none", max_attempts = 9 }"#;
    let settings = format!("upstreams.up.breaker = {{ {breaker} }}");
    let gateway = configured_before(app, &settings, retry).await;
    let (status, body) = ask(&gateway, GET).await;
    assert!(status == "503" && body.contains(r#""reason":"circuit_open""#), "{body}");
    assert_eq!(asked.load(Relaxed), 2, "which opened it");
    assert_eq!(metric(&gateway, &retries("retries-open", "stopped")).await, 1);
}

#[tokio::test]
async fn an_attempt_that_hangs_is_one_that_failed() {
    let count = Arc::new(AtomicU64::new(0));
    let asked = Arc::clone(&count);
    let app = Router::new().fallback(async move || {
        if asked.fetch_add(1, Relaxed) == 0 {
            std::future::pending::<()>().await;
        }
        "ok"
    });
    let retry = r#"retry = { name = "retries-hang", backoff = "none" }"#;
    let gateway = configured_before(app, "", &format!("timeout = \"300ms\"\n{retry}")).await;
    assert_eq!(ask(&gateway, GET).await, ("200".to_owned(), "ok".to_owned()));
    assert_eq!(count.load(Relaxed), 2);
}
