//! Deadlines that come with a request, and go on with it.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::convert::Infallible;
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use palisade_core::test::{Probe, pending};
use palisade_core::{
    CallContext, Clock, Deadline, Late, LayerError, Micros, Origin, Ratio, Reason, Rejection,
};
use palisade_timeout::{Forward, TimeoutLayer, Times};
use support::{Slow, answer, counts, late, millis, read};
use tokio::time::{Instant, sleep};
use tower::{Layer, ServiceExt, service_fn};

const GRPC: &str = "grpc-timeout";
const HTTP: &str = "x-request-timeout-ms";

fn layer() -> TimeoutLayer {
    TimeoutLayer::new(millis(1_000))
}

fn get(headers: &[(&str, &str)]) -> Request<()> {
    let request = Request::get("http://example.org/");
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .body(())
        .unwrap()
}

fn grpc(headers: &[(&str, &str)]) -> Request<()> {
    let mut request = get(headers);
    *request.method_mut() = http::Method::POST;
    request.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    request
}

/// When a call that is never answered is given up, and why.
async fn given_up(layer: TimeoutLayer, request: Request<()>) -> (Duration, Rejection) {
    let started = Instant::now();
    let hangs = pending::<_, Response<String>>();
    let response = layer.layer(hangs).oneshot(request).await.unwrap();
    (started.elapsed(), *response.extensions().get::<Rejection>().unwrap())
}

async fn given_up_after(layer: TimeoutLayer, request: Request<()>) -> Duration {
    given_up(layer, request).await.0
}

/// The headers and extensions of a request, and the context, as they are inside.
async fn inside(
    layer: TimeoutLayer,
    request: Request<()>,
) -> (HeaderMap, Option<Duration>, CallContext) {
    let (send, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let service = service_fn(move |request: Request<()>| {
        let left = request.extensions().get().map(Deadline::remaining);
        send.send((request.headers().clone(), left, CallContext::current())).unwrap();
        std::future::ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    layer.layer(service).oneshot(request).await.unwrap();
    seen.recv().await.unwrap()
}

/// What the header of this name says inside.
async fn sent(layer: TimeoutLayer, request: Request<()>, name: &str) -> Option<String> {
    let (headers, ..) = inside(layer, request).await;
    headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_request_can_say_that_it_has_less_time_but_not_that_it_has_more() {
    assert_eq!(given_up_after(layer(), get(&[(HTTP, "50")])).await, millis(50));
    assert_eq!(given_up_after(layer(), grpc(&[(GRPC, "50m")])).await, millis(50));
    assert_eq!(given_up_after(layer(), get(&[(HTTP, "5000")])).await, millis(1_000));
    assert_eq!(given_up_after(layer(), grpc(&[(GRPC, "99999999H")])).await, millis(1_000));
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_request_has_its_own_header() {
    assert_eq!(given_up_after(layer(), get(&[(GRPC, "50m")])).await, millis(1_000));
    assert_eq!(given_up_after(layer(), grpc(&[(HTTP, "50")])).await, millis(1_000));
}

#[tokio::test(start_paused = true)]
async fn what_is_malformed_is_ignored() {
    for value in ["", "-5", "+5", "5s", "1.5", "50m", " 5 0"] {
        assert_eq!(given_up_after(layer(), get(&[(HTTP, value)])).await, millis(1_000), "{value}");
    }
    for value in ["", "m", "50", "-5m", "123456789m", "50x", "50 m"] {
        assert_eq!(given_up_after(layer(), grpc(&[(GRPC, value)])).await, millis(1_000), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_one_of_the_whole_answer() {
    let (_, why) = given_up(layer(), get(&[(HTTP, "50")])).await;
    assert_eq!(why.reason(), Reason::timed_out(Late::Total, millis(50), millis(50)));

    let layer = layer();
    let handle = layer.handle();
    let started = Instant::now();
    let response = Response::new(Slow::frames(100, millis(8)));
    let body = answer(layer, get(&[(HTTP, "50")]), response).await.into_body();
    let (frames, why) = read(body).await;
    assert_eq!((frames, started.elapsed()), (6, millis(50)));
    let reason = Reason::timed_out(Late::Total, millis(50), millis(50));
    assert_eq!(why.map(|why| why.reason()), Some(reason));
    assert_eq!((counts(&handle), late(&handle)), ([0, 0, 1, 0, 0], [0, 0, 1]));
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_goes_on_after_the_deadline() {
    let response = Response::builder()
        .header("content-type", "text/event-stream")
        .body(Slow::frames(100, millis(8)));
    let response = answer(layer(), get(&[(HTTP, "50")]), response.unwrap()).await;
    assert_eq!(read(response.into_body()).await, (100, None));
}

#[tokio::test(start_paused = true)]
async fn a_head_is_bounded_by_the_total_as_well() {
    let (after, why) = given_up(layer().total(millis(70)), get(&[])).await;
    assert_eq!(after, millis(70));
    assert_eq!(why.reason(), Reason::timed_out(Late::Total, millis(70), millis(70)));
    let (after, why) = given_up(layer().total(millis(7_000)), get(&[])).await;
    assert_eq!(after, millis(1_000));
    assert_eq!(why.reason(), Reason::timed_out(Late::Head, millis(1_000), millis(1_000)));
}

#[tokio::test(start_paused = true)]
async fn in_the_plain_modes_the_total_bounds_the_answer_and_idle_does_nothing() {
    let layer = layer().total(millis(70)).idle(millis(5)).plain();
    let handle = layer.handle();
    let started = Instant::now();
    let error = layer.layer(pending::<(), ()>()).oneshot(()).await.unwrap_err();
    assert_eq!(started.elapsed(), millis(70));
    let reason = Reason::timed_out(Late::Total, millis(70), millis(70));
    assert_eq!(error.rejection().map(Rejection::reason), Some(reason));
    assert_eq!(late(&handle), [0, 0, 1]);

    let slow = service_fn(|()| async {
        sleep(millis(50)).await;
        Ok::<_, Infallible>(())
    });
    assert_eq!(layer.layer(slow).oneshot(()).await, Ok::<_, LayerError<_>>(()));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_no_time_left_is_not_made() {
    let now = || Clock::tokio().now();
    let past = CallContext::current().with_deadline(Micros(now().0 - 1));
    let exactly = CallContext::current().with_end(now());
    for (context, request) in [
        (CallContext::current(), get(&[(HTTP, "0")])),
        (CallContext::current(), grpc(&[(GRPC, "0S")])),
        (past, get(&[])),
        (exactly, get(&[])),
    ] {
        let layer = layer().name("search");
        let handle = layer.handle();
        let inner = Probe::new(pending::<_, Response<String>>());
        let probe = inner.handle();
        let answer = context.enter(|| layer.layer(inner).oneshot(request));
        let response = context.scope(answer).await.unwrap();
        let why = *response.extensions().get::<Rejection>().unwrap();
        assert_eq!((why.reason(), why.origin()), (Reason::Expired, Origin::Local));
        assert_eq!((why.layer(), why.name()), ("timeout", "search"));
        assert_eq!(probe.counts().calls, 0);
        assert_eq!((counts(&handle), handle.snapshot().expired), ([0, 0, 1, 0, 0], 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_request_is_answered_like_a_late_one() {
    let response = layer().layer(pending::<_, Response<String>>());
    let response = response.oneshot(get(&[(HTTP, "0")])).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains(r#""reason":"expired""#));

    let response = layer().layer(pending::<_, Response<String>>());
    let response = response.oneshot(grpc(&[(GRPC, "0n")])).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "4");
}

#[tokio::test(start_paused = true)]
async fn in_a_dry_run_an_expired_call_passes_and_is_counted_once() {
    let layer = layer().enforce(Ratio::ZERO);
    let handle = layer.handle();
    let response =
        answer(layer, get(&[(HTTP, "0")]), Response::new(Slow::frames(1, millis(5)))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(counts(&handle), [0, 0, 0, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn headers_are_not_looked_at_if_they_are_not_to_be_read() {
    let layer = || layer().read_deadline(false);
    assert_eq!(given_up_after(layer(), get(&[(HTTP, "50")])).await, millis(1_000));
    assert_eq!(given_up_after(layer(), get(&[(HTTP, "0")])).await, millis(1_000));
    // What layers outside decided holds in any case.
    let soon = CallContext::current().with_deadline(Clock::tokio().now() + Micros(50_000));
    assert_eq!(soon.scope(given_up_after(layer(), get(&[]))).await, millis(50));
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_layer_outside_does_not_cut_bodies_and_its_total_does() {
    let context = CallContext::current;
    let frames = async |within: fn(CallContext, Micros) -> CallContext| {
        let context = within(context(), Clock::tokio().now() + Micros(50_000));
        let response = Response::new(Slow::frames(20, millis(8)));
        let answer = answer(layer().idle(millis(500)), get(&[]), response);
        read(context.scope(answer).await.into_body()).await.0
    };
    assert_eq!(frames(CallContext::with_deadline).await, 20);
    assert_eq!(frames(CallContext::with_end).await, 6);
}

#[tokio::test(start_paused = true)]
async fn what_is_inside_sees_the_earliest_of_all_deadlines() {
    let now = Clock::tokio().now();
    let at = |millis: u64| Some(now + Micros(millis * 1_000));
    let (.., context) = inside(layer(), get(&[])).await;
    assert_eq!((context.deadline(), context.end()), (at(1_000), None));
    let (.., context) = inside(layer().total(millis(5_000)), get(&[])).await;
    assert_eq!((context.deadline(), context.end()), (at(1_000), at(5_000)));
    let (.., context) = inside(layer().total(millis(5_000)), get(&[(HTTP, "50")])).await;
    assert_eq!((context.deadline(), context.end()), (at(50), at(50)));
    let (.., context) = inside(layer().enforce(Ratio::percent(99)), get(&[(HTTP, "50")])).await;
    assert_eq!(context, CallContext::default());
}

#[tokio::test(start_paused = true)]
async fn grpc_calls_are_sent_on_with_what_remains_of_the_whole_answers_time() {
    let total = || layer().total(millis(1_500));
    assert_eq!(sent(total(), grpc(&[]), GRPC).await.unwrap(), "1500000u");
    assert_eq!(sent(total(), grpc(&[(GRPC, "2S")]), GRPC).await.unwrap(), "1500000u");
    assert_eq!(sent(total(), grpc(&[(GRPC, "1S")]), GRPC).await.unwrap(), "1S", "as it came");
    assert_eq!(sent(total(), grpc(&[(GRPC, "soon")]), GRPC).await.unwrap(), "1500000u");
    let outside = CallContext::current().with_end(Clock::tokio().now() + Micros(70_000));
    assert_eq!(outside.scope(sent(total(), grpc(&[]), GRPC)).await.unwrap(), "70000u");
}

/// A server that is told the time for the head ends a stream by then.
#[tokio::test(start_paused = true)]
async fn the_time_for_the_head_is_not_sent_on() {
    assert_eq!(sent(layer().idle(millis(5)), grpc(&[]), GRPC).await, None);
    assert_eq!(sent(layer().send_deadline(Forward::Always), get(&[]), HTTP).await, None);
}

#[tokio::test(start_paused = true)]
async fn other_requests_are_sent_on_with_it_if_they_had_a_deadline_before() {
    let total = || layer().total(millis(1_500));
    assert_eq!(sent(total(), get(&[]), HTTP).await, None);
    assert_eq!(sent(total(), get(&[(HTTP, "2000")]), HTTP).await.unwrap(), "1500");
    assert_eq!(sent(total(), get(&[(HTTP, "1000")]), HTTP).await.unwrap(), "1000");
}

#[tokio::test(start_paused = true)]
async fn deadlines_are_sent_to_all_or_to_nobody_if_that_is_wished() {
    let to = |send| layer().total(millis(1_500)).send_deadline(send);
    assert_eq!(sent(to(Forward::Always), get(&[]), HTTP).await.unwrap(), "1500");
    assert_eq!(sent(to(Forward::Always), grpc(&[]), GRPC).await.unwrap(), "1500000u");
    assert_eq!(sent(to(Forward::Never), grpc(&[]), GRPC).await, None);
    assert_eq!(sent(to(Forward::Never), get(&[(HTTP, "2000")]), HTTP).await.unwrap(), "2000");
}

/// A deadline is never extended, though it is not obeyed either.
#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_not_read_is_sent_on_if_it_is_the_earlier_one() {
    let unread = || layer().total(millis(1_500)).read_deadline(false);
    assert_eq!(sent(unread(), grpc(&[(GRPC, "1S")]), GRPC).await.unwrap(), "1S");
    assert_eq!(sent(unread(), grpc(&[(GRPC, "0S")]), GRPC).await.unwrap(), "0S");
    assert_eq!(sent(unread(), grpc(&[(GRPC, "2S")]), GRPC).await.unwrap(), "1500000u");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_and_a_layer_that_is_off_change_no_header() {
    let total = || layer().total(millis(1_500)).in_extensions(true);
    for layer in [total().enforce(Ratio::percent(99)), total().enabled(false)] {
        let (headers, left, _) = inside(layer, grpc(&[(GRPC, "2S")])).await;
        assert_eq!((&headers[GRPC] == "2S", left), (true, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_carries_its_deadline_if_that_is_wished() {
    let left = async |layer| inside(layer, get(&[(HTTP, "50")])).await.1;
    assert_eq!(left(layer()).await, None);
    assert_eq!(left(layer().in_extensions(true)).await, Some(millis(50)));
    let unlimited = TimeoutLayer::new(Duration::MAX).read_deadline(false).in_extensions(true);
    assert_eq!(left(unlimited).await, None);
}

#[tokio::test(start_paused = true)]
async fn requests_can_have_times_of_their_own() {
    let by = |times: fn(&palisade_core::Head<'_>) -> Option<Times>| {
        layer().idle(millis(100)).plain_boxed().times_by(times)
    };
    let after = async |layer: TimeoutLayer<_, _>, path: &str| {
        let request = Request::get(path).body(()).unwrap();
        let started = Instant::now();
        layer.layer(pending::<_, ()>()).oneshot(request).await.unwrap_err();
        started.elapsed()
    };
    let layer = by(|head| (head.path() == "/export").then(|| Times::new().head(millis(7_000))));
    assert_eq!(after(layer.clone(), "/export").await, millis(7_000));
    assert_eq!(after(layer, "/other").await, millis(1_000));
    let layer = by(|_| Some(Times::new().total(millis(30))));
    assert_eq!(after(layer, "/").await, millis(30));
}

#[tokio::test(start_paused = true)]
async fn what_a_request_leaves_open_is_the_layers() {
    let layer = layer().idle(millis(100)).times_by(|head| match head.path() {
        "/quick" => Some(Times::new().idle(millis(10))),
        "/endless" => Some(Times::new().idle(Duration::MAX)),
        _ => None,
    });
    for (path, expected) in [("/quick", Some(10)), ("/", Some(100)), ("/endless", None)] {
        let service = service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Response::new(Slow::frames(1, millis(1_000))))
        });
        let request = Request::get(path).body(()).unwrap();
        let Ok(response) = layer.layer(service).oneshot(request).await;
        let started = Instant::now();
        let (_, why) = read(response.into_body()).await;
        let cut = why.map(|_| started.elapsed());
        assert_eq!(cut, expected.map(millis), "{path}");
    }
}
