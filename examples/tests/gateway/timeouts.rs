//! An upstream that hangs holds nobody.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Body as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::retry::config::{Course, RetryConfig};
use palisade_examples::gateway::plan::{Plan, Route};
use tokio::net::TcpListener;

use crate::support::{LOOPBACK, Running, Wire, metric, plan, route, upstream};

/// Before an upstream that never answers.
async fn before_a_hanging_one() -> Running {
    let upstream = upstream(Router::new().fallback(std::future::pending::<()>)).await;
    let routes = vec![Route { timeout: Duration::from_millis(10), ..route() }];
    Running::start(Plan { routes, ..plan(upstream) }).await
}

#[tokio::test]
async fn a_caller_of_an_upstream_that_hangs_gets_a_504() {
    let gateway = before_a_hanging_one().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let answer = caller.head().await;
    assert_eq!(answer.first_line(), "http/1.1 504 gateway timeout");
    assert_eq!(answer.field("content-type"), "application/problem+json");
    assert_eq!(answer.field("retry-after"), "");
    assert!(answer.field("ratelimit").starts_with(r#""per-client";r="#), "it passed the limit");
    let body = caller.until("}").await;
    for part in [
        r#""title":"Gateway Timeout","status":504"#,
        r#""detail":"timed out: \"up\" got no answer within 10ms (given up after "#,
        r#""reason":"timed_out","policy":"up""#,
    ] {
        assert!(body.contains(part), "{body}");
    }

    // The connection goes on.
    caller.send("GET /healthz HTTP/1.1\nHost: a\n\n").await;
    assert_eq!(caller.head().await.first_line(), "http/1.1 200 ok");
}

#[tokio::test]
async fn a_grpc_call_to_an_upstream_that_hangs_gets_its_status_in_the_head() {
    let gateway = before_a_hanging_one().await;
    let request = Request::post(format!("http://{}/up/pkg.Greeter/Hello", gateway.address))
        .header("content-type", "application/grpc")
        .body(Body::empty())
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let answer = client.request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["grpc-status"], "4", "DEADLINE_EXCEEDED");
    assert!(answer.body().is_end_stream(), "the head is all there is");
}

const SHORT: Option<Duration> = Some(Duration::from_millis(10));

/// Before an upstream whose connections the test accepts itself.
async fn before_one_of(route: Route) -> (Running, TcpListener) {
    let upstream = TcpListener::bind(LOOPBACK).await.unwrap();
    let plan = plan(upstream.local_addr().unwrap());
    (Running::start(Plan { routes: vec![route], ..plan }).await, upstream)
}

async fn cut(gateway: &Running, name: &str, late: &str) -> u64 {
    let labels = format!(r#"layer="timeout",name="{name}",late="{late}""#);
    metric(gateway, &format!("palisade_timeouts_total{{{labels}}}")).await
}

/// Lets the upstream begin an answer and fall silent; what reaches the caller after that.
async fn silent(gateway: &Running, upstream: &TcpListener) -> String {
    let mut caller = Wire::to(gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut upstream = Wire::accept(upstream).await;
    upstream.head().await;
    upstream.send("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nfirst\n").await;
    assert_eq!(caller.head().await.first_line(), "http/1.1 200 ok");
    caller.until("first\n").await;
    assert_eq!(upstream.rest().await, "", "the upstream is left");
    caller.rest().await
}

#[tokio::test]
async fn a_body_that_pauses_for_too_long_is_cut() {
    let name = "timeouts-idle".to_owned();
    let (gateway, upstream) = before_one_of(Route { name, idle_timeout: SHORT, ..route() }).await;
    assert_eq!(silent(&gateway, &upstream).await, "", "no last chunk");
    assert_eq!(cut(&gateway, "timeouts-idle", "idle").await, 1);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_in_all_is_cut() {
    let total_timeout = Some(Duration::from_millis(300));
    let route = Route { name: "timeouts-all".to_owned(), total_timeout, ..route() };
    let route = Route { timeout: Duration::from_millis(300), ..route };
    let (gateway, upstream) = before_one_of(route).await;
    assert_eq!(silent(&gateway, &upstream).await, "", "no last chunk");
    // The attempt's timeout knows of it, and may be the first to see that it is over.
    let cuts = [
        cut(&gateway, "timeouts-all", "total").await,
        cut(&gateway, "timeouts-all-total", "total").await,
    ];
    assert_eq!(cuts.iter().sum::<u64>(), 1, "{cuts:?}");
}

#[tokio::test]
async fn the_total_time_is_that_of_all_attempts_together() {
    let upstream = upstream(Router::new().fallback(std::future::pending::<()>)).await;
    let retry =
        RetryConfig { max_attempts: 1_000, backoff: Course::None, ..RetryConfig::default() };
    let route = Route {
        name: "timeouts-tries".to_owned(),
        timeout: Duration::from_millis(10),
        total_timeout: Some(Duration::from_millis(100)),
        retry: Some(retry),
        ..route()
    };
    let gateway = Running::start(Plan { routes: vec![route], ..plan(upstream) }).await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    assert_eq!(caller.head().await.first_line(), "http/1.1 504 gateway timeout");
    let labels = r#"layer="retry",name="timeouts-tries""#;
    let further = metric(&gateway, &format!("palisade_retry_attempts_total{{{labels}}}")).await;
    assert!((1..10).contains(&further), "{further} attempts of 10 ms were added within 100 ms");
}

#[tokio::test]
async fn the_time_that_a_request_says_it_has_is_that_of_all_attempts_together() {
    let upstream = upstream(Router::new().fallback(std::future::pending::<()>)).await;
    let retry = RetryConfig { max_attempts: 1_000, ..RetryConfig::default() };
    let route = Route {
        name: "timeouts-asked".to_owned(),
        timeout: Duration::from_secs(60),
        retry: Some(retry),
        ..route()
    };
    let gateway = Running::start(Plan { routes: vec![route], ..plan(upstream) }).await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\nX-Request-Timeout-Ms: 20\n\n").await;
    assert_eq!(caller.head().await.first_line(), "http/1.1 504 gateway timeout");
    let labels = r#"layer="retry",name="timeouts-asked""#;
    let further = metric(&gateway, &format!("palisade_retry_attempts_total{{{labels}}}")).await;
    assert_eq!(further, 0, "there is no time for another");
}
