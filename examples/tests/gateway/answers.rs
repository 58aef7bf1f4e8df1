//! The answers that are the gateway's own.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use palisade_examples::gateway::app;
use palisade_examples::gateway::plan::{Plan, Route};
use palisade_examples::gateway::server::Gateway;
use tokio::net::{TcpListener, TcpSocket};
use tower::ServiceExt;

use crate::support::{LOOPBACK, Running, Wire, at, before_a_listener, metrics, plan, route};

async fn problem(caller: &mut Wire, status: &str, detail: &str) {
    let answer = caller.head().await;
    assert_eq!(answer.first_line(), format!("http/1.1 {status}"));
    assert_eq!(answer.field("content-type"), "application/problem+json");
    let body = caller.until("}").await;
    assert!(body.contains(&format!(r#""detail":"{detail}""#)), "{body}");
    assert!(body.contains(&format!(r#""status":{}"#, &status[..3])), "{body}");
}

#[tokio::test]
async fn an_upstream_that_is_away_is_a_502() {
    // Bound, so that nobody else gets the port, but not listening.
    let away = TcpSocket::new_v4().unwrap();
    away.bind(LOOPBACK.into()).unwrap();
    let gateway = Running::start(plan(away.local_addr().unwrap())).await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    problem(&mut caller, "502 bad gateway", "the upstream cannot be reached").await;
}

#[tokio::test]
async fn an_upstream_that_hangs_up_is_a_502() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    Wire::accept(&upstream).await.head().await;
    let detail = "the upstream closed the connection before it answered";
    problem(&mut caller, "502 bad gateway", detail).await;
}

#[tokio::test]
async fn an_upgrade_that_nobody_asked_for_is_a_502() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut upstream = Wire::accept(&upstream).await;
    upstream.head().await;
    upstream.send("HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: upgrade\n\n").await;
    problem(&mut caller, "502 bad gateway", "the upstream broke the protocol").await;
}

#[tokio::test]
async fn an_unknown_route_is_a_404_that_lists_the_known_ones() {
    let (gateway, _upstream) = before_a_listener().await;
    for path in ["/", "/upper", "*"] {
        let mut caller = Wire::to(&gateway).await;
        caller.send(&format!("OPTIONS {path} HTTP/1.1\nHost: a\n\n")).await;
        problem(&mut caller, "404 not found", "no route has this path; there are /up/*").await;
    }
}

#[tokio::test]
async fn a_prefix_within_another_has_its_own_upstream() {
    let (outer, inner) =
        (TcpListener::bind(LOOPBACK).await.unwrap(), TcpListener::bind(LOOPBACK).await.unwrap());
    let mut plan = plan(outer.local_addr().unwrap());
    let (name, prefix) = ("within".to_owned(), "/up/within".to_owned());
    plan.upstreams.insert("inner".to_owned(), at(inner.local_addr().unwrap()));
    plan.routes.push(Route { name, prefix, upstream: "inner".to_owned(), ..route() });
    let gateway = Running::start(plan).await;
    for (path, upstream, arrives) in [
        ("/up/within/a", &inner, "get /a http/1.1"),
        ("/up/within", &inner, "get / http/1.1"),
        ("/up/without", &outer, "get /without http/1.1"),
    ] {
        let mut caller = Wire::to(&gateway).await;
        caller.send(&format!("GET {path} HTTP/1.1\nHost: a\n\n")).await;
        assert_eq!(Wire::accept(upstream).await.head().await.first_line(), arrives);
    }
}

#[tokio::test]
async fn nobody_gets_a_tunnel() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("CONNECT elsewhere.test:443 HTTP/1.1\nHost: elsewhere.test\n\n").await;
    problem(&mut caller, "404 not found", "no route has this path; there are /up/*").await;

    // HTTP/2 has a CONNECT with a path (RFC 8441).
    let app = app::router(&plan(upstream.local_addr().unwrap()), None, metrics()).unwrap();
    let mut request = Request::connect("/up/a").body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(gateway.address));
    let answer = app.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn health_needs_no_upstream() {
    let (gateway, _upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /healthz HTTP/1.1\nHost: a\n\n").await;
    assert_eq!(caller.head().await.first_line(), "http/1.1 200 ok");
    assert_eq!(caller.until("ok").await, "ok");
}

#[tokio::test]
async fn a_plan_that_is_wrong_is_not_served() {
    let mut plan = plan(LOOPBACK.into());
    plan.routes.push(Route { prefix: "up/".to_owned(), ..plan.routes[0].clone() });
    let error = Gateway::bind(plan, metrics()).await.unwrap_err().to_string();
    let mut lines = error.lines();
    assert_eq!(lines.next(), Some("the plan cannot be served:"));
    assert!(lines.any(|line| line.starts_with("routes[1].prefix: \"up/\", must be /")), "{error}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_to_be() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let taken = listener.local_addr().unwrap();
    let error = Gateway::bind(Plan { listen: taken, ..plan(taken) }, metrics()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {taken}: it is taken; choose another with --listen, or a free port \
             with --listen 127.0.0.1:0"
        )
    );
}
