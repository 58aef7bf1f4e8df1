//! An upstream that fails is left alone until it has recovered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering::Relaxed};

use axum::Router;
use axum::http::StatusCode;
use palisade::breaker::config::BreakerConfig;
use tokio::net::TcpSocket;

use crate::support::{LOOPBACK, Running, Wire, configured_before, metric, plan};

/// An upstream that answers with the status that it is told to.
#[derive(Clone, Debug, Default)]
struct Told {
    status: Arc<AtomicU16>,
    asked: Arc<AtomicU64>,
}

impl Told {
    fn app(&self) -> Router {
        let told = self.clone();
        Router::new().fallback(async move || {
            told.asked.fetch_add(1, Relaxed);
            StatusCode::from_u16(told.status.load(Relaxed)).unwrap()
        })
    }

    /// Lets it answer so from now on.
    fn to_answer(&self, status: u16) -> &Self {
        self.status.store(status, Relaxed);
        self
    }

    fn asked(&self) -> u64 {
        self.asked.load(Relaxed)
    }
}

/// Before an upstream with these settings of its breaker.
async fn before(app: Router, breaker: &str) -> Running {
    configured_before(app, &format!("upstreams.up.breaker = {{ {breaker} }}"), "").await
}

async fn status(gateway: &Running, path: &str) -> String {
    let mut caller = Wire::to(gateway).await;
    caller.send(&format!("GET {path} HTTP/1.1\nHost: a\nConnection: close\n\n")).await;
    let head = caller.head().await;
    caller.rest().await;
    head.first_line().strip_prefix("http/1.1 ").unwrap()[..3].to_owned()
}

#[tokio::test]
async fn an_upstream_that_fails_is_not_asked_any_more_and_callers_are_told_when_to_come_back() {
    let upstream = Told::default();
    let settings =
        r#"name = "opens", consecutive_failures = 2, open_for = "1h", open_at_most = "1h""#;
    let gateway = before(upstream.to_answer(500).app(), settings).await;
    for path in ["/up/a", "/down/a"] {
        assert_eq!(status(&gateway, path).await, "500", "two routes, and one breaker");
    }

    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let answer = caller.head().await;
    assert_eq!(answer.first_line(), "http/1.1 503 service unavailable");
    assert_eq!(answer.field("content-type"), "application/problem+json");
    let wait = answer.field("retry-after");
    assert!((3_500..=3_600).contains(&wait.parse().unwrap()), "{wait}");
    let body = caller.until("}").await;
    for part in [
        r#""title":"Service Unavailable","status":503"#,
        r#"(2 calls failed in a row); next probe in"#,
        &format!(r#""reason":"circuit_open","policy":"opens","retry_after":{wait}"#),
    ] {
        assert!(body.contains(part), "no {part} in {body}");
    }
    assert_eq!(status(&gateway, "/down/a").await, "503");
    assert_eq!(upstream.asked(), 2);

    for (series, value) in [
        (r#"palisade_breaker_state{layer="breaker",name="opens",state="open"}"#, 1),
        (r#"palisade_breaker_state{layer="breaker",name="opens",state="closed"}"#, 0),
        (
            r#"palisade_breaker_transitions_total{layer="breaker",name="opens",from="closed",to="open"}"#,
            1,
        ),
        (r#"palisade_rejections_total{layer="breaker",name="opens",reason="circuit_open"}"#, 2),
        (r#"palisade_requests_total{layer="breaker",name="opens",outcome="failed"}"#, 2),
    ] {
        assert_eq!(metric(&gateway, series).await, value, "{series}");
    }
}

#[tokio::test]
async fn an_upstream_that_has_recovered_is_asked_again() {
    let upstream = Told::default();
    let settings =
        r#"name = "recovers", consecutive_failures = 1, open_for = "1ms", close_after = 2"#;
    let gateway = before(upstream.to_answer(500).app(), settings).await;
    assert_eq!(status(&gateway, "/up/a").await, "500");
    let state = r#"palisade_breaker_state{layer="breaker",name="recovers",state="closed"}"#;
    assert_eq!(metric(&gateway, state).await, 0);

    upstream.to_answer(200);
    let mut served = 0;
    while served < 2 {
        served += usize::from(status(&gateway, "/up/a").await == "200");
    }
    assert_eq!(metric(&gateway, state).await, 1);
}

#[tokio::test]
async fn an_upstream_that_hangs_opens_it() {
    let hanging = Router::new().fallback(std::future::pending::<()>);
    let settings = r#"upstreams.up.breaker = { name = "hung", consecutive_failures = 2 }"#;
    let gateway = configured_before(hanging, settings, r#"timeout = "10ms""#).await;
    for expected in ["504", "504", "503"] {
        assert_eq!(status(&gateway, "/up/a").await, expected);
    }
}

#[tokio::test]
async fn an_upstream_that_is_away_opens_it() {
    // Bound, so that nobody else gets the port, but not listening.
    let away = TcpSocket::new_v4().unwrap();
    away.bind(LOOPBACK.into()).unwrap();
    let mut plan = plan(away.local_addr().unwrap());
    plan.upstreams.get_mut("up").unwrap().breaker = Some(BreakerConfig {
        name: "away".to_owned(),
        consecutive_failures: Some(2),
        ..BreakerConfig::default()
    });
    let gateway = Running::start(plan).await;
    for expected in ["502", "502", "503"] {
        assert_eq!(status(&gateway, "/up/a").await, expected);
    }
}

#[tokio::test]
async fn what_callers_do_wrong_does_not_open_it() {
    let upstream = Told::default();
    let gateway =
        before(upstream.to_answer(400).app(), r#"name = "callers", consecutive_failures = 1"#)
            .await;
    assert_eq!(status(&gateway, "/up/a").await, "400");

    // A body that is no chunks.
    let mut caller = Wire::to(&gateway).await;
    caller
        .send("POST /up/a HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n1\na\nnonsense\n\n")
        .await;
    assert_eq!(caller.head().await.first_line(), "http/1.1 400 bad request");

    upstream.to_answer(200);
    assert_eq!(status(&gateway, "/up/a").await, "200");
}
