//! What Prometheus scrapes. Names are those of this test alone: the counts are the process's.

use std::time::Duration;

use palisade::per_hour;
use palisade::retry::config::{Course, RetryConfig};
use palisade_examples::gateway::plan::{Plan, Route};
use tokio::net::TcpListener;

use crate::support::{LOOPBACK, Running, Wire, per_client, plan, route};

/// A metric, its labels, and its value at the start and at the end.
type Series = (&'static str, &'static str, u64, u64);

/// Every series of the layers in front of two routes.
const SERIES: [Series; 62] = [
    ("in_flight", r#"layer="ratelimit",name="counted""#, 0, 0),
    ("in_flight", r#"layer="retry",name="counted-late""#, 0, 0),
    ("in_flight", r#"layer="timeout",name="counted-late""#, 0, 0),
    ("in_flight", r#"layer="timeout",name="counted-late-total""#, 0, 0),
    ("in_flight", r#"layer="timeout",name="counted-up""#, 0, 0),
    ("limit", r#"layer="ratelimit",name="counted""#, 1, 1),
    ("ratelimit_calls_total", r#"layer="ratelimit",name="counted",kind="delayed""#, 0, 0),
    ("ratelimit_calls_total", r#"layer="ratelimit",name="counted",kind="keyless""#, 0, 0),
    ("ratelimit_evictions_total", r#"layer="ratelimit",name="counted""#, 0, 0),
    ("ratelimit_keys", r#"layer="ratelimit",name="counted""#, 0, 1),
    ("ratelimit_overflow_total", r#"layer="ratelimit",name="counted""#, 0, 0),
    ("rejections_total", r#"layer="ratelimit",name="counted",reason="expired""#, 0, 0),
    ("rejections_total", r#"layer="ratelimit",name="counted",reason="key_missing""#, 0, 0),
    ("rejections_total", r#"layer="ratelimit",name="counted",reason="rate_limited""#, 0, 2),
    ("rejections_total", r#"layer="ratelimit",name="counted",reason="store_down""#, 0, 0),
    ("rejections_total", r#"layer="timeout",name="counted-late",reason="expired""#, 0, 0),
    ("rejections_total", r#"layer="timeout",name="counted-late",reason="timed_out""#, 0, 2),
    ("rejections_total", r#"layer="timeout",name="counted-late-total",reason="expired""#, 0, 0),
    ("rejections_total", r#"layer="timeout",name="counted-late-total",reason="timed_out""#, 0, 0),
    ("rejections_total", r#"layer="timeout",name="counted-up",reason="expired""#, 0, 0),
    ("rejections_total", r#"layer="timeout",name="counted-up",reason="timed_out""#, 0, 0),
    ("requests_total", r#"layer="ratelimit",name="counted",outcome="abandoned""#, 0, 0),
    ("requests_total", r#"layer="ratelimit",name="counted",outcome="passed""#, 0, 3),
    ("requests_total", r#"layer="ratelimit",name="counted",outcome="rejected""#, 0, 2),
    ("requests_total", r#"layer="ratelimit",name="counted",outcome="shadowed""#, 0, 0),
    ("requests_total", r#"layer="retry",name="counted-late",outcome="abandoned""#, 0, 0),
    ("requests_total", r#"layer="retry",name="counted-late",outcome="failed""#, 0, 1),
    ("requests_total", r#"layer="retry",name="counted-late",outcome="passed""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-late",outcome="abandoned""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-late",outcome="failed""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-late",outcome="passed""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-late",outcome="rejected""#, 0, 2),
    ("requests_total", r#"layer="timeout",name="counted-late",outcome="shadowed""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-late-total",outcome="abandoned""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-late-total",outcome="failed""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-late-total",outcome="passed""#, 0, 1),
    ("requests_total", r#"layer="timeout",name="counted-late-total",outcome="rejected""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-late-total",outcome="shadowed""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-up",outcome="abandoned""#, 0, 1),
    ("requests_total", r#"layer="timeout",name="counted-up",outcome="failed""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-up",outcome="passed""#, 0, 1),
    ("requests_total", r#"layer="timeout",name="counted-up",outcome="rejected""#, 0, 0),
    ("requests_total", r#"layer="timeout",name="counted-up",outcome="shadowed""#, 0, 0),
    ("retries_total", r#"layer="retry",name="counted-late",result="budget""#, 0, 0),
    ("retries_total", r#"layer="retry",name="counted-late",result="deadline""#, 0, 0),
    ("retries_total", r#"layer="retry",name="counted-late",result="exhausted""#, 0, 1),
    ("retries_total", r#"layer="retry",name="counted-late",result="not_idempotent""#, 0, 0),
    ("retries_total", r#"layer="retry",name="counted-late",result="not_replayable""#, 0, 0),
    ("retries_total", r#"layer="retry",name="counted-late",result="stopped""#, 0, 0),
    ("retries_total", r#"layer="retry",name="counted-late",result="success""#, 0, 0),
    ("retry_attempts_total", r#"layer="retry",name="counted-late""#, 0, 1),
    ("store_errors_total", r#"layer="ratelimit",name="counted",op="charge""#, 0, 0),
    ("store_errors_total", r#"layer="ratelimit",name="counted",op="decide""#, 0, 0),
    ("timeouts_total", r#"layer="timeout",name="counted-late",late="head""#, 0, 2),
    ("timeouts_total", r#"layer="timeout",name="counted-late",late="idle""#, 0, 0),
    ("timeouts_total", r#"layer="timeout",name="counted-late",late="total""#, 0, 0),
    ("timeouts_total", r#"layer="timeout",name="counted-late-total",late="head""#, 0, 0),
    ("timeouts_total", r#"layer="timeout",name="counted-late-total",late="idle""#, 0, 0),
    ("timeouts_total", r#"layer="timeout",name="counted-late-total",late="total""#, 0, 0),
    ("timeouts_total", r#"layer="timeout",name="counted-up",late="head""#, 0, 0),
    ("timeouts_total", r#"layer="timeout",name="counted-up",late="idle""#, 0, 0),
    ("timeouts_total", r#"layer="timeout",name="counted-up",late="total""#, 0, 0),
];

#[tokio::test]
async fn every_series_is_there_from_the_start_and_counts() {
    let upstream = TcpListener::bind(LOOPBACK).await.unwrap();
    let up = Route { name: "counted-up".to_owned(), ..route() };
    let late = Route {
        name: "counted-late".to_owned(),
        prefix: "/late".to_owned(),
        timeout: Duration::from_millis(1),
        retry: Some(RetryConfig {
            max_attempts: 2,
            backoff: Course::None,
            ..RetryConfig::default()
        }),
        ..up.clone()
    };
    let limits = vec![per_client("counted", per_hour(1).burst(3))];
    let plan = plan(upstream.local_addr().unwrap());
    let plan = Plan { limits, routes: vec![up, late], ..plan };
    let gateway = Running::start(plan).await;
    assert_eq!(counted(&gateway).await, expected(|(_, _, start, _)| start));

    // One request is answered,
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut wire = Wire::accept(&upstream).await;
    wire.head().await;
    let line = r#"palisade_in_flight{layer="timeout",name="counted-up"} 1"#;
    assert!(counted(&gateway).await.iter().any(|series| series == line), "under way");
    wire.send("HTTP/1.1 204 No Content\n\n").await;
    assert_eq!(caller.head().await.first_line(), "http/1.1 204 no content");

    // one is abandoned by its caller,
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    wire.head().await;
    drop(caller);
    assert_eq!(wire.rest().await, "");

    // one is late, twice, and two are too many.
    for expected in ["504 gateway timeout", "429 too many requests", "429 too many requests"] {
        let mut caller = Wire::to(&gateway).await;
        caller.send("GET /late HTTP/1.1\nHost: a\n\n").await;
        assert_eq!(caller.head().await.first_line(), format!("http/1.1 {expected}"));
    }
    assert_eq!(counted(&gateway).await, expected(|(_, _, _, end)| end));
}

/// The lines of the page that name this test's layers, but for one that is no whole number and one that
/// grows with time.
async fn counted(gateway: &Running) -> Vec<String> {
    let mut caller = Wire::to(gateway).await;
    caller.send("GET /metrics HTTP/1.1\nHost: a\nConnection: close\n\n").await;
    let head = caller.head().await;
    assert_eq!(head.first_line(), "http/1.1 200 ok");
    assert_eq!(head.field("content-type"), "text/plain; version=0.0.4");
    let page = caller.rest().await;
    let lines = page.lines().filter(|line| line.contains(r#"name="counted"#));
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    let is_steady = |line: &String| {
        !["palisade_timeout_seconds", "palisade_retry_budget"]
            .iter()
            .any(|name| line.starts_with(name))
    };
    lines.retain(is_steady);
    lines.sort_unstable();
    lines
}

fn expected(value: impl Fn(Series) -> u64) -> Vec<String> {
    let line = |series: Series| format!("palisade_{}{{{}}} {}", series.0, series.1, value(series));
    SERIES.into_iter().map(line).collect()
}
