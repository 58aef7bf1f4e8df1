//! Requests' bodies, which are sent again.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::Body;
use http_body_util::combinators::{BoxBody, UnsyncBoxBody};
use http_body_util::{BodyExt, Full};
use palisade_core::BoxError;
use palisade_core::test::{ScriptedBody, Step};
use palisade_retry::RetryLayer;
use parking_lot::Mutex;
use support::upstream::{Fault, Res, eager, ms, status, steady};
use tokio::time::Instant;
use tower::{Layer, ServiceExt, service_fn};

/// What an attempt read: the data, the trailers, and whether it ended in an error.
type Read = (String, Option<HeaderMap>, Option<String>);

/// Reads at most so many frames.
async fn read<B>(body: B, frames: usize) -> Read
where
    B: Body<Data = Bytes, Error: std::fmt::Display>,
{
    let mut body = std::pin::pin!(body);
    let (mut text, mut trailers) = (String::new(), None);
    for _ in 0..frames {
        match body.frame().await {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => text.push_str(std::str::from_utf8(&data).unwrap()),
                Err(frame) => trailers = frame.into_trailers().ok(),
            },
            Some(Err(error)) => return (text, trailers, Some(error.to_string())),
            None => break,
        }
    }
    (text, trailers, None)
}

/// Always fails with a 503, after each attempt has read so many frames, the last number again and
/// again.
async fn attempts<B>(layer: &RetryLayer, body: B, frames: &[usize]) -> (Res, Vec<Read>)
where
    B: Body<Data = Bytes, Error: std::fmt::Display> + palisade_core::replay::Replay,
{
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (saw, frames) = (Arc::clone(&seen), frames.to_vec());
    let service = service_fn(move |request: Request<B>| {
        let (saw, frames) = (Arc::clone(&saw), frames.clone());
        async move {
            let number = saw.lock().len();
            let most = frames.get(number).or_else(|| frames.last()).copied().unwrap();
            let read = read(request.into_body(), most).await;
            saw.lock().push(read);
            Ok::<_, Fault>(status(503))
        }
    });
    let response = layer.layer(service).oneshot(Request::put("/").body(body).unwrap()).await;
    let reads = seen.lock().clone();
    (response.unwrap(), reads)
}

const ALL: usize = 1_000;

fn whole(text: &str) -> Read {
    (text.to_owned(), None, None)
}

fn boxed(body: impl Body<Data = Bytes, Error = BoxError> + Send + Sync + 'static) -> Boxed {
    Boxed::new(body)
}

type Boxed = BoxBody<Bytes, BoxError>;

/// Of unknown size.
fn stream<const N: usize>(steps: [Step; N]) -> Boxed {
    boxed(ScriptedBody::new(steps))
}

#[tokio::test(start_paused = true)]
async fn every_attempt_reads_the_same_body_whatever_type_it_has() {
    let text = || Full::<Bytes>::from("hello");
    let all = vec![whole("hello"); 3];
    assert_eq!(attempts(&eager(3), text(), &[ALL]).await.1, all);
    assert_eq!(attempts(&eager(3), "hello".to_owned(), &[ALL]).await.1, all);
    let body = boxed(text().map_err(|never| match never {}));
    assert_eq!(attempts(&eager(3), body, &[ALL]).await.1, all);
    let body = UnsyncBoxBody::<Bytes, BoxError>::new(text().map_err(|never| match never {}));
    assert_eq!(attempts(&eager(3), body, &[ALL]).await.1, all);
    let empty = http_body_util::Empty::<Bytes>::new();
    assert_eq!(attempts(&eager(3), empty, &[ALL]).await.1, vec![whole(""); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_the_first_attempt_has_read_a_part_of_begins_at_its_beginning() {
    let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "17".parse().unwrap())]);
    let body = stream([
        Step::data("one "),
        Step::Pending,
        Step::data("two "),
        Step::data("three"),
        Step::trailers(trailers.clone()),
    ]);
    let (_, reads) = attempts(&eager(4), body, &[1, 0, 2, ALL]).await;
    let all = ("one two three".to_owned(), Some(trailers), None);
    assert_eq!(reads, [whole("one "), whole(""), whole("one two "), all]);
}

#[tokio::test(start_paused = true)]
async fn a_body_of_64_kib_is_sent_again_and_a_larger_one_once() {
    for (size, calls) in [(64 * 1024, 3), (64 * 1024 + 1, 1)] {
        let text = "x".repeat(size);
        let layer = eager(3);
        let full = Full::<Bytes>::from(text.clone());
        let halves = text.split_at(size / 2);
        let halves = [halves.0, halves.1].map(|half| Step::data(half.to_owned()));
        let (response, known) = attempts(&layer, full, &[ALL]).await;
        assert_eq!(response.body(), "status 503", "it passes as it is");
        let (response, unknown) = attempts(&layer, stream(halves), &[ALL]).await;
        assert_eq!(response.body(), "status 503");
        for reads in [known, unknown] {
            assert_eq!(reads.len(), calls, "{size}");
            assert!(reads.iter().all(|read| *read == whole(&text)), "{size}");
        }
        let seen = layer.handle().snapshot();
        let once = if calls == 1 { 2 } else { 0 };
        assert_eq!((seen.not_replayable, seen.exhausted), (once, 2 - once));
    }
}

#[tokio::test(start_paused = true)]
async fn how_much_is_kept_can_be_set() {
    for (most, calls) in [(4, 1), (5, 3)] {
        let layer = eager(3).max_replay(most);
        let (_, reads) = attempts(&layer, Full::<Bytes>::from("hello"), &[ALL]).await;
        assert_eq!(reads.len(), calls, "{most}");
        let (_, reads) = attempts(&layer, stream([Step::data("hello")]), &[ALL]).await;
        assert_eq!(reads.len(), calls, "{most}, of a stream");
    }
    let layer = eager(3).max_replay(0);
    assert_eq!(
        attempts(&layer, String::new(), &[ALL]).await.1.len(),
        3,
        "nothing is never too much"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_turned_out_too_large_does_not_wait() {
    let layer = steady().max_replay(4);
    let (before, start) = (layer.handle().snapshot().budget, Instant::now());
    let (_, reads) = attempts(&layer, stream([Step::data("hello")]), &[ALL]).await;
    assert_eq!(reads, [whole("hello")]);
    assert_eq!(start.elapsed(), ms(0));
    assert_eq!(layer.handle().snapshot().budget, before);
}

/// The first attempt read four bytes of five; the fifth is met by the second one.
#[tokio::test(start_paused = true)]
async fn a_later_attempt_may_be_the_one_that_finds_it_too_large() {
    let layer = eager(4).max_replay(4);
    let body = stream([Step::data("hell"), Step::data("o")]);
    let (response, reads) = attempts(&layer, body, &[1, ALL]).await;
    assert_eq!(reads, [whole("hell"), whole("hello")]);
    assert_eq!(response.status(), 503);
    assert_eq!(layer.handle().snapshot().not_replayable, 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_broke_off_is_not_sent_again() {
    let layer = eager(3);
    let body = stream([Step::data("hel"), Step::error(Fault("hung up"))]);
    let (_, reads) = attempts(&layer, body, &[ALL]).await;
    assert_eq!(reads, [("hel".to_owned(), None, Some("hung up".to_owned()))]);
    assert_eq!(layer.handle().snapshot().not_replayable, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_for_another_protocol_is_sent_once() {
    let layer = eager(3).idempotent_by(|_| true);
    let websocket = Request::get("/").header("upgrade", "websocket");
    for request in [websocket, Request::connect("example.org:443")] {
        let (_, upstream) = support::upstream::send(
            &layer,
            request.body(String::new()).unwrap(),
            [Ok(status(503))],
        )
        .await;
        assert_eq!(upstream.calls(), 1);
    }
    assert_eq!(layer.handle().snapshot().not_replayable, 2);
}
