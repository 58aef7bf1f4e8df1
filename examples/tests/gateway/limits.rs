//! One client, known by its address, has one allowance.

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Body as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::{Quota, per_hour};
use palisade_examples::gateway::plan::{Plan, Route};

use crate::support::{Running, Wire, per_client, plan, route, upstream};

/// `/up/*` and `/down/*`, to an upstream that answers at once.
async fn limited_to(quota: Quota) -> Running {
    let upstream = upstream(Router::new().fallback(async || "ok")).await;
    let (name, prefix) = ("down".to_owned(), "/down".to_owned());
    let down = Route { name, prefix, ..route() };
    let (limits, routes) = (vec![per_client("per-client", quota)], vec![route(), down]);
    Running::start(Plan { limits, routes, ..plan(upstream) }).await
}

async fn status(caller: &mut Wire, path: &str) -> String {
    caller.send(&format!("GET {path} HTTP/1.1\nHost: a\nConnection: close\n\n")).await;
    let status = caller.head().await.first_line().to_owned();
    caller.rest().await;
    status
}

const OK: &str = "http/1.1 200 ok";
const TOO_MANY: &str = "http/1.1 429 too many requests";

#[tokio::test]
async fn what_comes_after_the_burst_is_refused_and_told_when_to_come_back() {
    let gateway = limited_to(per_hour(1).burst(2)).await;
    let mut caller = Wire::to(&gateway).await;
    for remaining in [1, 0] {
        caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
        let answer = caller.head().await;
        assert_eq!(answer.first_line(), OK);
        assert_eq!(answer.field("ratelimit-policy"), r#""per-client";q=1;w=3600"#);
        let left = format!(r#""per-client";r={remaining};t="#);
        assert!(answer.field("ratelimit").starts_with(&left), "{answer:?}");
        caller.until("ok").await;
    }

    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let answer = caller.head().await;
    assert_eq!(answer.first_line(), TOO_MANY);
    assert_eq!(answer.field("content-type"), "application/problem+json");
    let wait = answer.field("retry-after");
    assert!((3_500..=3_600).contains(&wait.parse().unwrap()), "{wait}");
    assert_eq!(answer.field("ratelimit-policy"), r#""per-client";q=1;w=3600"#);
    assert_eq!(answer.field("ratelimit"), format!(r#""per-client";r=0;t={wait}"#));
    let body = caller.until("}").await;
    for part in [
        r#""title":"Too Many Requests","status":429"#,
        r#"rate limited: \"per-client\" allows 1 per hour, burst 2 (by client ip); retry after"#,
        &format!(r#""policy":"per-client","retry_after":{wait}"#),
    ] {
        assert!(body.contains(part), "{body}");
    }
}

#[tokio::test]
async fn neither_a_new_connection_nor_another_route_brings_a_new_allowance() {
    let gateway = limited_to(per_hour(2)).await;
    assert_eq!(status(&mut Wire::to(&gateway).await, "/up/a").await, OK);
    assert_eq!(status(&mut Wire::to(&gateway).await, "/down/a").await, OK);
    assert_eq!(status(&mut Wire::to(&gateway).await, "/up/a").await, TOO_MANY);
    assert_eq!(status(&mut Wire::to(&gateway).await, "/down/a").await, TOO_MANY);
}

#[tokio::test]
async fn one_client_takes_nothing_from_another() {
    let gateway = limited_to(per_hour(1)).await;
    for host in [2, 3] {
        let from = Ipv4Addr::new(127, 0, 0, host);
        let mut caller = Wire::to_from(&gateway, from).await;
        assert_eq!(status(&mut caller, "/up/a").await, OK);
        let mut again = Wire::to_from(&gateway, from).await;
        assert_eq!(status(&mut again, "/up/a").await, TOO_MANY);
    }
}

#[tokio::test]
async fn what_a_client_claims_to_be_does_not_count() {
    let gateway = limited_to(per_hour(1)).await;
    for (claim, expected) in [("192.0.2.1", OK), ("192.0.2.2", TOO_MANY)] {
        let mut caller = Wire::to(&gateway).await;
        caller.send(&format!("GET /up/a HTTP/1.1\nHost: a\nX-Forwarded-For: {claim}\n\n")).await;
        assert_eq!(caller.head().await.first_line(), expected);
    }
}

#[tokio::test]
async fn health_and_metrics_are_never_limited() {
    let gateway = limited_to(per_hour(0)).await;
    assert_eq!(status(&mut Wire::to(&gateway).await, "/up/a").await, TOO_MANY);
    for path in ["/healthz", "/metrics"] {
        assert_eq!(status(&mut Wire::to(&gateway).await, path).await, OK, "{path}");
    }
}

#[tokio::test]
async fn a_grpc_call_beyond_the_limit_gets_its_status_in_the_head() {
    let gateway = limited_to(per_hour(0)).await;
    let request = Request::post(format!("http://{}/up/pkg.Greeter/Hello", gateway.address))
        .header("content-type", "application/grpc+proto")
        .header("te", "trailers")
        .body(Body::empty())
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let answer = client.request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/grpc");
    assert_eq!(answer.headers()["grpc-status"], "8", "RESOURCE_EXHAUSTED");
    let message = answer.headers()["grpc-message"].to_str().unwrap();
    assert!(message.starts_with(r#"rate limited: "per-client" allows 0 per hour"#), "{message}");
    assert_eq!(answer.headers()["grpc-retry-pushback-ms"], "-1", "never");
    assert!(answer.body().is_end_stream(), "the head is all there is");
}
