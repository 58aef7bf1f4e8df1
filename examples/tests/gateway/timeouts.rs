//! An upstream that hangs holds nobody.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Body as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade_examples::gateway::plan::{Plan, Route};

use crate::support::{Running, Wire, plan, route, upstream};

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
