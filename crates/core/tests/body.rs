//! The response body: it changes nothing that it carries, and settles its guard once.

use std::error::Error;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use palisade_core::guard::End;
use palisade_core::test::{ScriptedBody, Step};
use palisade_core::{BoxError, ResBody};

mod support;

use support::Ledger;

type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

fn poll<B: Body<Data = Bytes, Error = BoxError>>(body: Pin<&mut B>) -> Polled {
    body.poll_frame(&mut Context::from_waker(Waker::noop()))
}

fn hold(body: ScriptedBody, headers: &HeaderMap) -> (ResBody<ScriptedBody>, Arc<Ledger>) {
    let ledger = Arc::new(Ledger::default());
    (ResBody::holding(body, headers, ledger.admit().erase()), ledger)
}

/// How a response with `headers` ends whose body is read for as long as hyper would read it.
fn end(body: ScriptedBody, headers: &HeaderMap) -> End {
    let (body, ledger) = hold(body, headers);
    {
        let mut body = pin!(body);
        while !body.is_end_stream() {
            assert!(ledger.ends().is_empty(), "settled before the end");
            match poll(body.as_mut()) {
                Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => break,
                Poll::Ready(None | Some(Err(_))) => break,
                Poll::Pending | Poll::Ready(Some(Ok(_))) => {}
            }
        }
        assert_eq!(ledger.ends().len(), 1, "settled at the end, not when the body is dropped");
    }
    let ends = ledger.ends();
    assert_eq!(ends.len(), 1, "settled once");
    ends[0]
}

fn plain() -> HeaderMap {
    HeaderMap::new()
}

fn grpc() -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"))])
}

fn status(code: &'static str) -> HeaderMap {
    let mut headers = grpc();
    headers.insert("grpc-status", HeaderValue::from_static(code));
    headers
}

#[test]
fn a_body_that_is_at_its_end_settles_at_once() {
    let (body, ledger) = hold(ScriptedBody::new([]).end_known(), &plain());
    assert_eq!(ledger.ends(), [End::Success]);
    drop(body);
    assert_eq!(ledger.ends(), [End::Success]);
}

#[test]
fn running_out_is_a_success() {
    let steps = [Step::data("a"), Step::Pending, Step::data("b")];
    assert_eq!(end(ScriptedBody::new(steps), &plain()), End::Success);
}

#[test]
fn trailers_are_an_end_after_which_nothing_is_read() {
    let steps = [Step::data("a"), Step::trailers(HeaderMap::new())];
    let (body, ledger) = hold(ScriptedBody::new(steps), &plain());
    let mut body = pin!(body);
    assert!(poll(body.as_mut()).is_ready());
    assert_eq!(ledger.ends(), []);
    assert!(poll(body.as_mut()).is_ready());
    assert_eq!(ledger.ends(), [End::Success]);
}

#[test]
fn an_error_is_a_failure() {
    let steps = [Step::data("a"), Step::error("reset"), Step::data("never read")];
    assert_eq!(end(ScriptedBody::new(steps), &plain()), End::Failure);
}

#[test]
fn data_that_is_known_to_be_the_last_is_an_end() {
    let body = ScriptedBody::new([Step::data("a"), Step::data("b")]).end_known();
    let watch = body.handle();
    assert_eq!(end(body, &plain()), End::Success);
    assert_eq!((watch.polls(), watch.polls_at_end()), (2, 0));
}

#[test]
fn a_body_that_is_dropped_on_the_way_is_abandoned() {
    let (mut body, ledger) = hold(ScriptedBody::new([Step::data("a"), Step::Silence]), &plain());
    assert!(poll(Pin::new(&mut body)).is_ready());
    assert!(poll(Pin::new(&mut body)).is_pending());
    assert_eq!(ledger.ends(), []);
    drop(body);
    assert_eq!(ledger.ends(), [End::Abandoned]);
}

#[test]
fn a_grpc_stream_is_judged_by_its_trailers() {
    let ended = |code| {
        let steps = [Step::data("message"), Step::trailers(status(code))];
        end(ScriptedBody::new(steps), &grpc())
    };
    assert_eq!(ended("0"), End::Success);
    assert_eq!(ended("5"), End::Success, "NOT_FOUND is an answer");
    assert_eq!(ended("14"), End::Failure);
    assert_eq!(ended("13"), End::Failure);
}

#[test]
fn a_grpc_stream_without_a_status_failed() {
    let cut = [Step::data("message")];
    assert_eq!(end(ScriptedBody::new(cut), &grpc()), End::Failure);
    let cut_at_length = ScriptedBody::new([Step::data("message")]).end_known();
    assert_eq!(end(cut_at_length, &grpc()), End::Failure);
    let others = [Step::data("message"), Step::trailers(HeaderMap::new())];
    assert_eq!(end(ScriptedBody::new(others), &grpc()), End::Failure);
    assert_eq!(end(ScriptedBody::new([]).end_known(), &grpc()), End::Failure);
}

#[test]
fn a_trailers_only_grpc_response_is_judged_by_its_head() {
    // Whether the body already knows that it is empty, or is still to be asked.
    for body in [|| ScriptedBody::new([]).end_known(), || ScriptedBody::new([])] {
        assert_eq!(end(body(), &status("0")), End::Success);
        assert_eq!(end(body(), &status("5")), End::Success);
        assert_eq!(end(body(), &status("14")), End::Failure);
    }
}

#[test]
fn trailers_that_only_look_like_grpc_do_not_count() {
    let steps = || [Step::data("message"), Step::trailers(status("14"))];
    assert_eq!(end(ScriptedBody::new(steps()), &plain()), End::Success);

    let mut web = plain();
    web.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc-web+proto"));
    assert_eq!(end(ScriptedBody::new([Step::data("message and trailers")]), &web), End::Success);
}

#[test]
fn size_and_end_are_those_of_the_inner_body() {
    let inner = ScriptedBody::new([Step::data("12345"), Step::data("678")]);
    let mut body = ResBody::new(inner.exact_size().end_known());
    assert_eq!(body.size_hint().exact(), Some(8));
    assert!(!body.is_end_stream());
    assert!(poll(Pin::new(&mut body)).is_ready());
    assert_eq!(body.size_hint().exact(), Some(3));
    assert!(poll(Pin::new(&mut body)).is_ready());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.is_end_stream());

    let unknown = ResBody::new(ScriptedBody::new([]));
    assert_eq!(unknown.size_hint().exact(), None);
    assert!(!unknown.is_end_stream());
}

#[test]
fn the_default_is_an_empty_body() {
    let mut body = ResBody::<ScriptedBody>::default();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(matches!(poll(Pin::new(&mut body)), Poll::Ready(None)));
}

#[tokio::test]
async fn a_layers_own_bytes_are_one_frame_of_known_size() {
    let body = ResBody::<ScriptedBody>::from(Bytes::from_static(b"no"));
    assert_eq!(body.size_hint().exact(), Some(2));
    assert!(!body.is_end_stream());
    assert_eq!(body.collect().await.unwrap().to_bytes(), "no");
}

#[tokio::test]
async fn frames_pass_unchanged_and_in_order() {
    let steps = [Step::data("a"), Step::Pending, Step::data("b"), Step::trailers(status("0"))];
    let read = ResBody::new(ScriptedBody::new(steps)).collect().await.unwrap();
    assert_eq!(read.trailers().unwrap()["grpc-status"], "0");
    assert_eq!(read.to_bytes(), "ab");
}

#[derive(Debug, PartialEq)]
struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reset")
    }
}

impl Error for Reset {}

#[test]
fn a_boxed_error_is_not_boxed_again() {
    let body = ResBody::new(ScriptedBody::new([Step::Error(Box::new(Reset))]));
    let Poll::Ready(Some(Err(error))) = poll(pin!(ResBody::new(body))) else { panic!("no error") };
    assert_eq!(error.downcast_ref::<Reset>(), Some(&Reset));
}

#[test]
fn a_body_in_a_body_settles_both_guards() {
    let ledger = Arc::new(Ledger::default());
    let inner = ScriptedBody::new([Step::data("m"), Step::trailers(status("14"))]).exact_size();
    let inner = ResBody::holding(inner, &grpc(), ledger.admit().erase());
    let body = ResBody::holding(inner, &grpc(), ledger.admit().erase());
    assert_eq!(body.size_hint().exact(), Some(1));
    let mut body = pin!(body);
    assert!(poll(body.as_mut()).is_ready());
    assert_eq!(ledger.ends(), []);
    assert!(poll(body.as_mut()).is_ready());
    assert_eq!(ledger.ends(), [End::Failure, End::Failure]);
}

#[tokio::test]
async fn any_body_with_any_error_fits() {
    let body = ResBody::new(Full::new(Bytes::from_static(b"infallible")));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "infallible");
}
