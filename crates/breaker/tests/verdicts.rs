//! What outcomes say of the service.

mod support;

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use palisade_breaker::{BoxErrors, BreakerLayer, Ratio, Rejection, State, Trip, Verdict};
use palisade_core::{BoxError, Late, ManualClock, Name, Reason, per_second};
use support::seconds;
use support::upstream::{Manner, Upstream, headers, refuses, send};
use tower::{Layer, ServiceExt, service_fn};

fn layer() -> (BreakerLayer, ManualClock) {
    let clock = ManualClock::new();
    let layer = BreakerLayer::new().clock(clock.clock()).trip(Trip::consecutive(1));
    (layer.jitter(Ratio::ZERO).probes(1), clock)
}

/// Whether one call that ends so opens the breaker.
async fn opens(manner: Manner) -> bool {
    let (layer, _) = layer();
    let mut service = layer.layer(Upstream::new(manner));
    if let Some(response) = send(&mut service).await {
        let _ = response.into_body().collect().await;
    }
    let snapshot = layer.handle().snapshot();
    assert_eq!(snapshot.in_flight, 0);
    snapshot.state == State::Open
}

/// What becomes of a breaker whose one probe ends so.
async fn probed(manner: Manner) -> (State, Option<Duration>) {
    let (layer, clock) = layer();
    let upstream = Upstream::new(Manner::Error);
    let mut service = layer.layer(upstream.clone());
    assert!(send(&mut service).await.is_none());
    clock.advance(seconds(5));
    upstream.set(manner);
    if let Some(response) = send(&mut service).await {
        let _ = response.into_body().collect().await;
    }
    let snapshot = layer.handle().snapshot();
    (snapshot.state, snapshot.next_probe)
}

fn timed_out() -> Rejection {
    Rejection::new(
        "timeout",
        Name::new("inner"),
        Reason::timed_out(Late::Head, seconds(1), seconds(1)),
    )
}

fn limited() -> Rejection {
    Rejection::new("ratelimit", Name::new("inner"), Reason::rate_limited(per_second(1), ""))
}

#[tokio::test]
async fn statuses_from_500_on_are_failures() {
    for (status, expected) in [
        (200, false),
        (301, false),
        (404, false),
        (429, false),
        (499, false),
        (500, true),
        (503, true),
    ] {
        assert_eq!(opens(Manner::Status(status)).await, expected, "{status}");
    }
    assert!(opens(Manner::Error).await);
}

#[tokio::test]
async fn refusals_from_inside_count_by_where_the_call_got_to() {
    assert!(!opens(Manner::Refused(limited())).await);
    assert!(!opens(Manner::Answered(limited())).await);
    assert!(opens(Manner::Refused(timed_out())).await);
    assert!(opens(Manner::Answered(timed_out())).await);
}

#[tokio::test]
async fn a_refusal_from_inside_says_nothing_in_a_box_either() {
    for (why, expected) in [(limited(), State::Closed), (timed_out(), State::Open)] {
        let (layer, _) = layer();
        let inner = service_fn(move |_: Request<()>| async move {
            Err::<Response<String>, BoxError>(Box::new(why))
        });
        let error = layer.clone().boxed().layer(inner).oneshot(Request::new(())).await;
        assert!(error.is_err());
        assert_eq!(layer.handle().snapshot().state, expected);
    }
}

#[tokio::test]
async fn a_probe_that_was_refused_inside_returns_its_slot() {
    assert_eq!(probed(Manner::Refused(limited())).await.0, State::HalfOpen);
    assert_eq!(probed(Manner::Answered(limited())).await.0, State::HalfOpen);
    assert_eq!(probed(Manner::Refused(timed_out())).await.0, State::Open);
}

#[tokio::test]
async fn too_many_requests_is_no_failure_but_no_recovery() {
    assert_eq!(probed(Manner::Status(200)).await.0, State::Closed);
    assert_eq!(probed(Manner::Status(429)).await.0, State::Open);
    let exhausted = headers([("content-type", "application/grpc"), ("grpc-status", "8")]);
    assert!(!opens(Manner::Headers(200, exhausted.clone())).await);
    assert_eq!(probed(Manner::Headers(200, exhausted)).await.0, State::Open);
}

#[tokio::test]
async fn grpc_codes_count_in_the_head_and_at_the_end_of_the_stream() {
    for (code, expected) in [
        ("0", false),
        ("5", false),
        ("8", false),
        ("2", true),
        ("4", true),
        ("13", true),
        ("14", true),
    ] {
        let head = headers([("content-type", "application/grpc"), ("grpc-status", code)]);
        assert_eq!(opens(Manner::Headers(200, head)).await, expected, "{code} in the head");
        assert_eq!(opens(Manner::Stream(Some(code))).await, expected, "{code} in the trailers");
    }
    assert!(opens(Manner::Stream(None)).await, "it ended without a status");
    assert!(opens(Manner::Broken).await);
}

#[tokio::test]
async fn a_stream_is_judged_at_its_end() {
    let (layer, _) = layer();
    let mut service = layer.layer(Upstream::new(Manner::Stream(Some("14"))));
    let mut body = send(&mut service).await.unwrap().into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.in_flight), (State::Closed, 1));
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.failed), (State::Open, 1));
}

#[tokio::test]
async fn a_stream_that_is_abandoned_midway_says_nothing_however_long_it_was() {
    let (layer, clock) = layer();
    let mut service = layer.layer(Upstream::new(Manner::Endless));
    let mut body = send(&mut service).await.unwrap().into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    clock.advance(seconds(3_600));
    drop(body);
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.abandoned, snapshot.in_flight), (State::Closed, 1, 0));
}

#[tokio::test]
async fn a_stream_is_a_probe_to_its_end() {
    assert_eq!(probed(Manner::Stream(Some("0"))).await.0, State::Closed);
    assert_eq!(probed(Manner::Stream(Some("14"))).await.0, State::Open);
    let (layer, clock) = layer();
    let upstream = Upstream::new(Manner::Error);
    let mut service = layer.layer(upstream.clone());
    assert!(send(&mut service).await.is_none());
    clock.advance(seconds(5));
    upstream.set(Manner::Endless);
    let stream = send(&mut service).await.unwrap();
    assert!(refuses(&mut service).await, "the stream has the place");
    drop(stream);
    upstream.set(Manner::Status(200));
    assert!(!refuses(&mut service).await);
    assert_eq!(layer.handle().snapshot().state, State::Closed);
}

#[tokio::test]
async fn a_stream_that_goes_on_beyond_a_probes_time_has_succeeded() {
    let (layer, clock) = layer();
    let upstream = Upstream::new(Manner::Error);
    let mut service = layer.layer(upstream.clone());
    assert!(send(&mut service).await.is_none());
    clock.advance(seconds(5));
    upstream.set(Manner::Endless);
    let _stream = send(&mut service).await.unwrap();
    clock.advance(seconds(10));
    assert!(!refuses(&mut service).await);
    assert_eq!(layer.handle().snapshot().state, State::Closed);
}

#[tokio::test]
async fn a_stream_that_ends_in_another_state_counts_for_nothing() {
    let (layer, _) = layer();
    let mut service = layer.layer(Upstream::new(Manner::Stream(Some("14"))));
    let stream = send(&mut service).await.unwrap();
    layer.handle().force_close();
    let _ = stream.into_body().collect().await;
    assert_eq!(layer.handle().snapshot().state, State::Closed);
}

#[tokio::test]
async fn retry_after_keeps_it_open_as_long_as_it_asks_up_to_the_longest() {
    let open_for = |status: u16, head: http::HeaderMap, most: u64| async move {
        let (layer, _) = layer();
        let layer = layer.retry_after_at_most(seconds(most));
        let manner = Manner::Headers(status, head);
        assert!(send(&mut layer.layer(Upstream::new(manner))).await.is_some());
        layer.handle().snapshot().next_probe.expect("it is open").as_secs()
    };
    let retry = |value: &str| headers([("retry-after", value)]);
    assert_eq!(open_for(503, retry("30"), 60).await, 30);
    assert_eq!(open_for(503, retry("3"), 60).await, 5, "never shorter");
    assert_eq!(open_for(503, retry("99999999999999999999"), 60).await, 60);
    assert_eq!(open_for(503, retry("30"), 0).await, 5);
    assert_eq!(open_for(503, retry("soon"), 60).await, 5);
    assert_eq!(open_for(500, retry("30"), 60).await, 5);
    // The clock begins on the first of January 2026.
    assert_eq!(open_for(503, retry("Thu, 01 Jan 2026 00:00:42 GMT"), 60).await, 42);
    let pushback = headers([
        ("content-type", "application/grpc"),
        ("grpc-status", "14"),
        ("grpc-retry-pushback-ms", "17000"),
    ]);
    assert_eq!(open_for(200, pushback, 60).await, 17);
}

#[tokio::test]
async fn a_failed_probe_may_ask_for_longer_too() {
    let head = headers([("retry-after", "40")]);
    assert_eq!(probed(Manner::Headers(503, head.clone())).await, (State::Open, Some(seconds(40))));
    assert_eq!(probed(Manner::Headers(429, head)).await, (State::Open, Some(seconds(40))));
    let head = headers([("retry-after", "7")]);
    assert_eq!(probed(Manner::Headers(503, head)).await, (State::Open, Some(seconds(10))));
}

#[tokio::test]
async fn a_closure_judges_instead() {
    let (layer, _) = layer();
    let layer = layer.classify_by(|outcome: Result<&Response<String>, &io::Error>| match outcome {
        Ok(response) if response.status() == 404 => Verdict::Failure,
        Ok(_) => Verdict::Success,
        Err(_) => Verdict::Neutral,
    });
    let answer = |status: u16| {
        service_fn(move |_: Request<()>| async move {
            let response = Response::builder().status(status).body(String::new()).unwrap();
            Ok::<_, io::Error>(response)
        })
    };
    let fails =
        service_fn(|_: Request<()>| async { Err::<Response<String>, _>(io::Error::other("")) });
    assert!(layer.layer(answer(500)).oneshot(Request::new(())).await.is_ok());
    assert!(layer.layer(fails).oneshot(Request::new(())).await.is_err());
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.passed, snapshot.ignored), (State::Closed, 1, 1));
    assert!(layer.layer(answer(404)).oneshot(Request::new(())).await.is_ok());
    assert_eq!(layer.handle().snapshot().state, State::Open);
}

#[tokio::test]
async fn box_errors_are_judged_in_modes_that_leave_them() {
    let (layer, _) = layer();
    let layer = layer.classify(BoxErrors);
    let fails = |why: BoxError| {
        let why = parking_lot::Mutex::new(Some(why));
        service_fn(move |_: Request<()>| {
            let why = why.lock().take().expect("one call");
            async { Err::<Response<String>, BoxError>(why) }
        })
    };
    let refused = layer.layer(fails(Box::new(limited()))).oneshot(Request::new(())).await;
    assert!(refused.is_err());
    assert_eq!(layer.handle().snapshot().state, State::Closed);
    let failed = layer.layer(fails("reset".into())).oneshot(Request::new(())).await;
    assert!(failed.is_err());
    assert_eq!(layer.handle().snapshot().state, State::Open);
}

#[tokio::test]
async fn any_future_can_be_judged() -> Result<(), Infallible> {
    let (breaker, _) = support::touchy();
    let ok = breaker.call(async { Ok::<_, io::Error>(7) }).await;
    assert_eq!(ok.unwrap(), 7);
    let refused = breaker.call(async { Err::<(), _>(limited()) }).await;
    assert!(refused.is_err());
    assert_eq!(support::state(&breaker), State::Closed);
    let bad = |result: &Result<i32, Infallible>| match result {
        Ok(0..) => Verdict::Success,
        _ => Verdict::Failure,
    };
    assert_eq!(breaker.call_judged(async { Ok::<_, Infallible>(-1) }, bad).await.unwrap(), -1);
    assert_eq!(support::state(&breaker), State::Open);
    let refused = breaker.call(async { Ok::<_, io::Error>(7) }).await.unwrap_err();
    assert!(refused.rejection().is_some());
    Ok(())
}
