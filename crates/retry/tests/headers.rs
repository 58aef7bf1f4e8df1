//! What an attempt is told in its headers.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use http::HeaderName;
use palisade_core::{CallContext, Clock, Micros};
use palisade_retry::RetryLayer;
use support::upstream::{Fault, Req, Upstream, eager, get, grpc, ms, send, status, steady, with};
use tower::{Layer, ServiceExt};

fn marking() -> RetryLayer {
    eager(3).attempt_header(HeaderName::from_static("x-attempt"))
}

/// The values of this header, of each attempt.
fn values(seen: &[support::upstream::Seen<Req>], name: &str) -> Vec<Option<String>> {
    let value = |request: &Req| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
    seen.iter().map(|one| value(&one.request)).collect()
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<Option<String>> {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    texts.map(some).into()
}

#[tokio::test(start_paused = true)]
async fn further_attempts_are_told_their_number_if_asked_for() {
    let (_, upstream) = send(&marking(), get(), [Ok(status(503))]).await;
    assert_eq!(values(&upstream.seen(), "x-attempt"), texts(["", "2", "3"]));
    let (_, upstream) = send(&eager(3), get(), [Ok(status(503))]).await;
    assert_eq!(values(&upstream.seen(), "x-attempt"), texts(["", "", ""]));
}

#[tokio::test(start_paused = true)]
async fn a_grpc_server_is_told_how_many_there_were_before() {
    let unavailable = with(200, &[("content-type", "application/grpc"), ("grpc-status", "14")]);
    let (_, upstream) = send(&marking(), grpc(), [Ok(unavailable)]).await;
    assert_eq!(values(&upstream.seen(), "grpc-previous-rpc-attempts"), texts(["", "1", "2"]));
    assert_eq!(values(&upstream.seen(), "x-attempt"), texts(["", "", ""]));
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_wrote_there_is_replaced_and_not_added_to() {
    let mut request = get();
    request.headers_mut().insert("x-attempt", "17".parse().unwrap());
    let (_, upstream) = send(&marking(), request, [Ok(status(503))]).await;
    assert_eq!(values(&upstream.seen(), "x-attempt"), texts(["17", "2", "3"]));
    let last = &upstream.seen()[2].request;
    assert_eq!(last.headers().get_all("x-attempt").iter().count(), 1);
}

/// The values of `name` that the attempts of a call with a second's time see.
async fn times(request: Req, answer: support::upstream::Res, name: &str) -> Vec<Option<String>> {
    let upstream = Upstream::new([Ok::<_, Fault>(answer)]);
    let end = Clock::default().now() + Micros(1_000_000);
    let call = steady().layer(upstream.clone()).oneshot(request);
    let _ = CallContext::current().with_end(end).scope(call).await;
    values(&upstream.seen(), name)
}

#[tokio::test(start_paused = true)]
async fn a_further_attempt_has_the_time_that_remains() {
    const NAME: &str = "x-request-timeout-ms";
    let mut request = get();
    assert_eq!(
        times(request.clone(), status(503), NAME).await,
        texts(["", "", ""]),
        "none was told"
    );
    request.headers_mut().insert(NAME, "1000".parse().unwrap());
    assert_eq!(times(request, status(503), NAME).await, texts(["1000", "900", "700"]));
}

#[tokio::test(start_paused = true)]
async fn so_has_a_grpc_call_in_its_own_header() {
    let unavailable = with(200, &[("content-type", "application/grpc"), ("grpc-status", "14")]);
    let mut request = grpc();
    request.headers_mut().insert("grpc-timeout", "1S".parse().unwrap());
    request.headers_mut().insert("x-request-timeout-ms", "1000".parse().unwrap());
    let seen = times(request.clone(), unavailable.clone(), "grpc-timeout").await;
    assert_eq!(seen, texts(["1S", "900000u", "700000u"]));
    // Of a gRPC call the other header says nothing.
    let seen = times(request, unavailable, "x-request-timeout-ms").await;
    assert_eq!(seen, texts(["1000", "1000", "1000"]));
}

/// A timeout outside bounds the head by a second, and who asked has a minute for the whole.
#[tokio::test(start_paused = true)]
async fn the_time_of_the_head_is_not_that_of_the_whole_answer() {
    let upstream = Upstream::new([Ok::<_, Fault>(status(503))]);
    let now = Clock::default().now();
    let context = CallContext::current().with_end(now + Micros(60_000_000));
    let context = context.with_deadline(now + Micros(1_000_000));
    let mut request = get();
    request.headers_mut().insert("x-request-timeout-ms", "60000".parse().unwrap());
    let _ = context.scope(steady().layer(upstream.clone()).oneshot(request)).await;
    let expected = texts(["60000", "59900", "59700"]);
    assert_eq!(values(&upstream.seen(), "x-request-timeout-ms"), expected);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_of_more_time_than_before() {
    const NAME: &str = "x-request-timeout-ms";
    let mut request = get();
    for (said, third) in [("800", "700"), ("700", "700"), ("50", "50"), ("soon", "soon")] {
        request.headers_mut().insert(NAME, said.parse().unwrap());
        let seen = times(request.clone(), status(503), NAME).await;
        assert_eq!(seen, texts([said, said, third]), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_the_time_stays_as_it_was_written() {
    let mut request = get();
    request.headers_mut().insert("x-request-timeout-ms", "1000".parse().unwrap());
    let (_, upstream) = send(&steady(), request, [Ok(status(503))]).await;
    assert_eq!(upstream.times()[2], ms(300));
    let expected = texts(["1000", "1000", "1000"]);
    assert_eq!(values(&upstream.seen(), "x-request-timeout-ms"), expected);
}
