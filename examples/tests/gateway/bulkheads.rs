//! A route has so many requests at once, to the ends of their answers.

use palisade::bulkhead::config::BulkheadConfig;
use palisade_examples::gateway::plan::{Plan, Route};
use tokio::net::TcpListener;

use crate::support::{LOOPBACK, Running, Wire, metric, plan, route};

/// Before an upstream whose connections the test accepts: `/up/*` with one place and so many who may
/// wait, and `/free/*` without a bulkhead.
async fn before_a_listener(name: &str, max_queued: u32) -> (Running, TcpListener) {
    let upstream = TcpListener::bind(LOOPBACK).await.unwrap();
    let name = name.to_owned();
    let bulkhead =
        BulkheadConfig { name, max_concurrent: 1, max_queued, ..BulkheadConfig::default() };
    let (name, prefix) = ("free".to_owned(), "/free".to_owned());
    let routes =
        vec![Route { bulkhead: Some(bulkhead), ..route() }, Route { name, prefix, ..route() }];
    let gateway = Running::start(Plan { routes, ..plan(upstream.local_addr().unwrap()) }).await;
    (gateway, upstream)
}

/// A caller who has asked.
async fn ask(gateway: &Running, path: &str) -> Wire {
    let mut caller = Wire::to(gateway).await;
    caller.send(&format!("GET {path} HTTP/1.1\nHost: a\n\n")).await;
    caller
}

#[tokio::test]
async fn who_finds_no_place_is_told_so_until_the_answer_of_who_has_it_has_ended() {
    let (gateway, upstream) = before_a_listener("full", 0).await;
    let in_use = r#"palisade_bulkhead_in_use{layer="bulkhead",name="full"}"#;
    assert_eq!(metric(&gateway, in_use).await, 0);
    let mut first = ask(&gateway, "/up/a").await;
    let mut wire = Wire::accept(&upstream).await;
    wire.head().await;
    wire.send("HTTP/1.1 200 OK\nContent-Length: 4\n\nha").await;
    first.until("ha").await;
    assert_eq!(metric(&gateway, in_use).await, 1, "its answer goes on");

    let mut second = ask(&gateway, "/up/a").await;
    let answer = second.head().await;
    assert_eq!(answer.first_line(), "http/1.1 503 service unavailable");
    assert_eq!(answer.field("content-type"), "application/problem+json");
    let body = second.until("}").await;
    for part in [
        r#""title":"Service Unavailable","status":503"#,
        r#""reason":"bulkhead_full","policy":"full""#,
    ] {
        assert!(body.contains(part), "no {part} in {body}");
    }
    let full = r#"palisade_rejections_total{layer="bulkhead",name="full",reason="bulkhead_full"}"#;
    assert_eq!(metric(&gateway, full).await, 1);

    // Another route has places of its own.
    let _other = ask(&gateway, "/free/a").await;
    Wire::accept(&upstream).await.head().await;

    wire.send("lf").await;
    first.until("lf").await;
    // The caller has the last byte, and the place is free at that moment or the next.
    while metric(&gateway, in_use).await > 0 {}
    let _third = ask(&gateway, "/up/b").await;
    assert_eq!(wire.head().await.first_line(), "get /b http/1.1");
}

#[tokio::test]
async fn who_waits_has_its_turn_and_who_finds_the_queue_full_is_told_so() {
    let (gateway, upstream) = before_a_listener("queue", 1).await;
    let mut first = ask(&gateway, "/up/a").await;
    let mut wire = Wire::accept(&upstream).await;
    wire.head().await;
    let mut second = ask(&gateway, "/up/b").await;
    let queued = r#"palisade_bulkhead_queued{layer="bulkhead",name="queue"}"#;
    while metric(&gateway, queued).await < 1 {}
    let mut third = ask(&gateway, "/up/c").await;
    third.head().await;
    assert!(third.until("}").await.contains(r#""reason":"queue_full","policy":"queue""#));

    wire.send("HTTP/1.1 204 No Content\n\n").await;
    assert_eq!(first.head().await.first_line(), "http/1.1 204 no content");
    assert_eq!(wire.head().await.first_line(), "get /b http/1.1");
    wire.send("HTTP/1.1 204 No Content\n\n").await;
    assert_eq!(second.head().await.first_line(), "http/1.1 204 no content");
}

#[tokio::test]
async fn who_goes_away_gives_its_place_back() {
    let (gateway, upstream) = before_a_listener("away", 0).await;
    let first = ask(&gateway, "/up/a").await;
    let mut wire = Wire::accept(&upstream).await;
    wire.head().await;
    drop(first);
    assert_eq!(wire.rest().await, "");
    let in_use = r#"palisade_bulkhead_in_use{layer="bulkhead",name="away"}"#;
    while metric(&gateway, in_use).await > 0 {}
    let _second = ask(&gateway, "/up/b").await;
    assert_eq!(Wire::accept(&upstream).await.head().await.first_line(), "get /b http/1.1");
}
