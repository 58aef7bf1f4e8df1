//! Bodies: when one is cut, and with what.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::convert::Infallible;
use std::future::pending;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use palisade_core::test::{ScriptedBody, Step, count_polls};
use palisade_core::{Late, Origin, Ratio, Reason, Rejection};
use palisade_timeout::TimeoutLayer;
use support::{Slow, answer, counts, late, millis, read, wrap};
use tokio::time::{Instant, advance, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, ServiceExt, service_fn};

fn layer() -> TimeoutLayer {
    TimeoutLayer::new(millis(1_000)).name("search")
}

fn reason(why: Option<Rejection>) -> Option<Reason> {
    why.map(|why| why.reason())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_keeps_coming_is_read_to_its_end() {
    let layer = layer().idle(millis(10));
    let handle = layer.handle();
    let body = wrap(layer, Slow::frames(50, millis(9))).await;
    assert_eq!(handle.snapshot().in_flight, 1, "the head is there, the body is not");
    assert_eq!(read(body).await, (50, None));
    assert_eq!(counts(&handle), [1, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_falls_silent_is_cut_with_the_rejection_as_its_error() {
    let layer = layer().idle(millis(10));
    let handle = layer.handle();
    let started = Instant::now();
    let body = wrap(layer, Slow::frames(3, millis(5)).then_silent()).await;
    let (frames, why) = read(body).await;
    assert_eq!((frames, started.elapsed()), (3, millis(25)));

    let why = why.unwrap();
    assert_eq!((why.layer(), why.name(), why.origin()), ("timeout", "search", Origin::Upstream));
    assert_eq!(why.reason(), Reason::timed_out(Late::Idle, millis(10), millis(10)));
    let text = r#"timed out: "search" got no more data for 10ms (given up after 10ms)"#;
    assert_eq!(why.to_string(), text);
    assert_eq!((counts(&handle), late(&handle)), ([0, 0, 1, 0, 0], [0, 1, 0]));
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_is_waited_for_no_longer() {
    let started = Instant::now();
    let (frames, why) =
        read(wrap(layer().idle(millis(10)), Slow::frames(1, millis(11))).await).await;
    assert_eq!((frames, started.elapsed()), (0, millis(10)));
    assert_eq!(reason(why), Some(Reason::timed_out(Late::Idle, millis(10), millis(10))));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_for_too_long_is_cut_at_the_total() {
    let layer = layer().idle(millis(10)).total(millis(100));
    let handle = layer.handle();
    let started = Instant::now();
    let (frames, why) = read(wrap(layer, Slow::frames(1_000, millis(9))).await).await;
    assert_eq!((frames, started.elapsed()), (11, millis(100)));
    assert_eq!(reason(why), Some(Reason::timed_out(Late::Total, millis(100), millis(100))));
    assert_eq!((counts(&handle), late(&handle)), ([0, 0, 1, 0, 0], [0, 0, 1]));
}

#[tokio::test(start_paused = true)]
async fn the_total_begins_with_the_call_and_not_with_the_body() {
    let body = wrap(layer().total(millis(100)), Slow::frames(1, millis(0)).then_silent()).await;
    sleep(millis(60)).await;
    let started = Instant::now();
    let (_, why) = read(body).await;
    assert_eq!(started.elapsed(), millis(40));
    assert_eq!(reason(why), Some(Reason::timed_out(Late::Total, millis(100), millis(100))));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_always_has_a_frame_is_cut_at_the_total() {
    let mut body = wrap(layer().total(millis(100)), Slow::frames(1_000, millis(0))).await;
    for _ in 0..=10 {
        assert!(body.frame().await.unwrap().is_ok());
        advance(millis(10)).await;
    }
    let error = body.frame().await.unwrap().unwrap_err();
    let why = error.downcast_ref::<Rejection>().copied();
    assert_eq!(reason(why), Some(Reason::timed_out(Late::Total, millis(100), millis(110))));
    assert!(body.frame().await.is_none(), "and there is no more");
}

#[tokio::test(start_paused = true)]
async fn what_a_timeout_inside_answers_at_the_same_time_passes() {
    let (inner, outer) = (layer(), layer().total(millis(100)));
    let handle = outer.handle();
    let hangs = service_fn(|_: Request<()>| pending::<Result<Response<String>, Infallible>>());
    let Ok(response) = outer.layer(inner.layer(hangs)).oneshot(Request::new(())).await;
    assert_eq!(response.status(), 504);
    // Who writes the answer takes a moment.
    advance(millis(1)).await;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(br#"{"title":"Gateway Timeout""#), "{body:?}");
    assert_eq!(counts(&handle), [1, 0, 0, 0, 0], "the one inside has answered");
}

#[tokio::test(start_paused = true)]
async fn a_grpc_body_is_cut_with_trailers() {
    let layer = layer().idle(millis(10));
    let response = Response::builder()
        .header("content-type", "application/grpc+proto")
        .body(Slow::frames(1, millis(1)).then_silent());
    let mut body = answer(layer, Request::new(()), response.unwrap()).await.into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    let trailers = body.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(trailers["grpc-status"], "4");
    let text = r#"timed out: "search" got no more data for 10ms (given up after 10ms)"#;
    assert_eq!(trailers["grpc-message"], text);
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_the_body_holds_is_given_back_at_the_cut() {
    let body = ScriptedBody::new([Step::data("a"), Step::Silence]);
    let watch = body.handle();
    let mut body = wrap(layer().idle(millis(10)), body).await;
    assert!(body.frame().await.unwrap().is_ok());
    assert!(!watch.is_dropped());
    assert!(body.frame().await.unwrap().is_err());
    assert!(watch.is_dropped(), "while the reader still keeps its own");
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_takes_a_while_is_not_the_bodys_silence() {
    // One frame is there at once, the next one 5 ms after it is asked for.
    let body = Slow::after([millis(0), millis(0), millis(5)]);
    let mut body = wrap(layer().idle(millis(10)), body).await;
    for _ in 0..3 {
        assert!(body.frame().await.unwrap().is_ok());
        sleep(millis(1_000)).await;
    }
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_body_of_many_frames_costs_a_wake_per_idle_time_and_not_one_per_frame() {
    let body = wrap(layer().idle(millis(100)), Slow::frames(1_000, millis(1))).await;
    let ((frames, _), polls) = count_polls(read(body)).await;
    assert_eq!(frames, 1_000);
    assert!((1_000..=1_012).contains(&polls.wakes), "{polls:?}");
}

#[tokio::test(start_paused = true)]
async fn each_end_of_a_timed_body_is_counted() {
    let layer = layer().idle(millis(10)).total(millis(100));
    let a = || Step::data("a");
    let trailers = || Step::trailers(HeaderMap::new());
    for (body, expected) in [
        (ScriptedBody::new([a()]), [1, 0, 0, 0, 0]),
        (ScriptedBody::new([a(), trailers()]), [1, 0, 0, 0, 0]),
        (ScriptedBody::new([a(), Step::error("reset")]), [0, 1, 0, 0, 0]),
        (ScriptedBody::new([a()]).end_known(), [1, 0, 0, 0, 0]),
        (ScriptedBody::new([]).end_known(), [1, 0, 0, 0, 0]),
    ] {
        let layer = layer.clone().name("ends");
        let handle = layer.handle();
        let mut body = wrap(layer, body).await;
        while !http_body::Body::is_end_stream(&body) && body.frame().await.is_some() {}
        assert_eq!(counts(&handle), expected);
        drop(body);
        assert_eq!(counts(&handle), expected, "and no other");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_goes_away_is_counted() {
    let layer = layer().idle(millis(10));
    let handle = layer.handle();
    // Before the first poll, while it waits, and after a frame.
    drop(wrap(layer.clone(), Slow::frames(1, millis(5))).await);
    let mut body = wrap(layer.clone(), Slow::frames(1, millis(5))).await;
    assert_pending!(task::spawn(body.frame()).poll());
    drop(body);
    let mut body = wrap(layer, Slow::frames(2, millis(0))).await;
    assert!(body.frame().await.is_some());
    drop(body);
    assert_eq!(counts(&handle), [0, 0, 0, 0, 3]);
}

#[tokio::test(start_paused = true)]
async fn grpc_trailers_say_whether_the_call_failed() {
    for (status, expected) in [("0", [1, 0, 0, 0, 0]), ("14", [0, 1, 0, 0, 0])] {
        let layer = layer().idle(millis(10));
        let handle = layer.handle();
        let status = (http::HeaderName::from_static("grpc-status"), status.parse().unwrap());
        let body = [Step::data("a"), Step::trailers(HeaderMap::from_iter([status]))];
        let response = Response::builder()
            .header("content-type", "application/grpc")
            .body(ScriptedBody::new(body));
        let response = answer(layer, Request::new(()), response.unwrap()).await;
        response.into_body().collect().await.unwrap();
        assert_eq!(counts(&handle), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_at_its_end_and_one_that_nothing_limits_are_not_watched() {
    let at_end = || ScriptedBody::new([]).end_known();
    for (layer, body) in [
        (layer().idle(millis(10)).total(millis(100)), at_end()),
        (layer(), ScriptedBody::new([Step::data("a"), Step::Silence])),
    ] {
        let handle = layer.handle();
        let body = wrap(layer, body).await;
        assert!(format!("{body:?}").contains("held: false"), "{body:?}");
        assert_eq!(counts(&handle), [1, 0, 0, 0, 0]);
    }
}

/// A response of this status and content type to a request of this method, with a body that is longer
/// than the total and then silent.
async fn streamed(
    layer: TimeoutLayer,
    (method, status, kind): (Method, u16, &str),
) -> (usize, Option<Reason>) {
    let request = Request::builder().method(method).uri("http://example.org").body(()).unwrap();
    let body = Slow::frames(30, millis(5)).then_silent();
    let response = Response::builder().status(status).header("content-type", kind).body(body);
    let body = answer(layer, request, response.unwrap()).await.into_body();
    let mut reading = task::spawn(read(body));
    assert_pending!(reading.poll());
    tokio::select! {
        (frames, why) = reading => (frames, reason(why)),
        () = sleep(millis(10_000)) => (0, None),
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_has_no_end_but_may_not_be_silent() {
    let layer = || layer().idle(millis(10)).total(millis(100));
    let silent = Reason::timed_out(Late::Idle, millis(10), millis(10));
    for kind in ["text/event-stream", "Text/Event-Stream; charset=utf-8", "text/event-stream ;a=b"]
    {
        let seen = streamed(layer(), (Method::GET, 200, kind)).await;
        assert_eq!(seen, (30, Some(silent)), "{kind}");
    }
    let late = Reason::timed_out(Late::Total, millis(100), millis(100));
    for kind in ["text/event-streams", "text/plain", "text/event"] {
        let seen = streamed(layer(), (Method::GET, 200, kind)).await;
        assert_eq!(seen, (20, Some(late)), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn upgraded_connections_and_tunnels_are_left_alone() {
    let layer = || layer().idle(millis(10)).total(millis(100));
    assert_eq!(streamed(layer(), (Method::GET, 101, "text/plain")).await, (0, None));
    assert_eq!(streamed(layer(), (Method::CONNECT, 200, "text/plain")).await, (0, None));
    assert!(streamed(layer(), (Method::GET, 200, "text/plain")).await.1.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_lets_late_bodies_run_on_and_counts_them_once() {
    for layer in [layer().idle(millis(10)), layer().total(millis(10))] {
        let layer = layer.enforce(Ratio::ZERO);
        let handle = layer.handle();
        let body = wrap(layer, Slow::frames(5, millis(50))).await;
        assert_eq!(read(body).await, (5, None));
        assert_eq!((counts(&handle), late(&handle)), ([0, 0, 0, 1, 0], [0, 0, 0]));
    }
}

#[tokio::test(start_paused = true)]
async fn half_enforced_cuts_every_second_body_that_is_late() {
    let layer = layer().idle(millis(10)).enforce(Ratio::percent(50));
    let handle = layer.handle();
    let mut cut = Vec::new();
    for _ in 0..4 {
        cut.push(read(wrap(layer.clone(), Slow::frames(1, millis(50))).await).await.1.is_some());
    }
    assert_eq!(cut, [false, true, false, true]);
    assert_eq!(counts(&handle), [0, 0, 2, 2, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_is_there_at_the_end_is_not_thrown_away() {
    let body = Slow::after([millis(100)]);
    assert_eq!(read(wrap(layer().total(millis(100)), body).await).await, (1, None));
    let body = Slow::after([millis(101)]);
    assert_eq!(read(wrap(layer().total(millis(100)), body).await).await.0, 0);
}

#[test]
fn a_body_that_is_there_needs_no_timer_and_no_runtime() {
    let layer = layer().idle(millis(10)).total(millis(100));
    let mut body =
        assert_ready!(task::spawn(wrap(layer, ScriptedBody::new([Step::data("a")]))).poll());
    let frame = assert_ready!(task::spawn(body.frame()).poll());
    assert_eq!(frame.unwrap().unwrap().into_data().unwrap(), Bytes::from("a"));
    assert!(assert_ready!(task::spawn(body.frame()).poll()).is_none());
}
