//! How long a call has its place: until the end of the response's body, whichever end it is.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use palisade_bulkhead::{BulkheadHandle, BulkheadLayer, Until};
use palisade_core::ResBody;
use palisade_core::test::{ScriptedBody, Step};
use tokio_test::task;
use tower::{Layer, ServiceExt, service_fn};

/// The response of a service behind a bulkhead, and the bulkhead.
async fn response(
    layer: BulkheadLayer,
    content_type: &'static str,
    body: ScriptedBody,
) -> (Response<ResBody<ScriptedBody>>, BulkheadHandle) {
    let mut body = Some(body);
    let service = service_fn(move |_: Request<()>| {
        let response = Response::builder().header("content-type", content_type);
        let body = body.take().expect("called once");
        std::future::ready(Ok::<_, Infallible>(response.body(body).expect("it is valid")))
    });
    let handle = layer.handle();
    // A service that is called once needs no clone.
    let layer = layer.backpressure();
    let Ok(response) = layer.layer(service).oneshot(Request::new(())).await;
    (response, handle)
}

async fn held(body: ScriptedBody) -> (ResBody<ScriptedBody>, BulkheadHandle) {
    let (response, handle) = response(BulkheadLayer::new(1), "text/plain", body).await;
    assert_eq!(in_use(&handle), 1, "the head is there, the body is not");
    (response.into_body(), handle)
}

fn in_use(handle: &BulkheadHandle) -> u64 {
    handle.snapshot().in_use
}

/// Passed, failed, abandoned.
fn ends(handle: &BulkheadHandle) -> [u64; 3] {
    let now = handle.snapshot();
    assert_eq!((now.in_use, now.in_flight), (0, 0));
    [now.passed, now.failed, now.abandoned]
}

async fn next(body: &mut ResBody<ScriptedBody>) -> Option<bool> {
    body.frame().await.map(|frame| frame.is_ok())
}

#[tokio::test]
async fn a_body_that_is_read_to_its_end_gives_the_place_back() {
    let (mut body, handle) = held(ScriptedBody::new([Step::data("a"), Step::data("b")])).await;
    assert_eq!(next(&mut body).await, Some(true));
    assert_eq!(next(&mut body).await, Some(true));
    assert_eq!(in_use(&handle), 1);
    assert_eq!(next(&mut body).await, None);
    assert_eq!(ends(&handle), [1, 0, 0]);
}

#[tokio::test]
async fn so_do_trailers() {
    let steps = [Step::data("a"), Step::trailers(HeaderMap::new())];
    let (mut body, handle) = held(ScriptedBody::new(steps)).await;
    next(&mut body).await;
    assert_eq!(in_use(&handle), 1);
    assert_eq!(next(&mut body).await, Some(true));
    assert_eq!(ends(&handle), [1, 0, 0]);
}

#[tokio::test]
async fn so_does_an_error() {
    let (mut body, handle) =
        held(ScriptedBody::new([Step::data("a"), Step::error("broken")])).await;
    next(&mut body).await;
    assert_eq!(next(&mut body).await, Some(false));
    assert_eq!(ends(&handle), [0, 1, 0]);
}

#[tokio::test]
async fn so_does_the_last_data_of_a_body_that_knows_its_end() {
    let steps = [Step::data("a"), Step::data("b")];
    let (mut body, handle) = held(ScriptedBody::new(steps).end_known()).await;
    next(&mut body).await;
    assert_eq!(in_use(&handle), 1);
    next(&mut body).await;
    assert!(body.is_end_stream());
    assert_eq!(ends(&handle), [1, 0, 0]);
}

#[tokio::test]
async fn so_does_dropping_it() {
    let (mut body, handle) = held(ScriptedBody::new([Step::data("a"), Step::Silence])).await;
    next(&mut body).await;
    assert!(task::spawn(body.frame()).poll().is_pending());
    assert_eq!(in_use(&handle), 1);
    drop(body);
    assert_eq!(ends(&handle), [0, 0, 1]);
}

#[tokio::test]
async fn a_body_that_is_at_its_end_from_the_start_holds_nothing() {
    let body = ScriptedBody::new([]).end_known();
    let (_response, handle) = response(BulkheadLayer::new(1), "text/plain", body).await;
    assert_eq!(ends(&handle), [1, 0, 0]);
}

#[tokio::test]
async fn a_grpc_status_says_whether_the_call_failed() {
    for (status, expected) in [("0", [1, 0, 0]), ("14", [0, 1, 0])] {
        let trailers =
            HeaderMap::from_iter([("grpc-status".parse().unwrap(), status.parse().unwrap())]);
        let body = ScriptedBody::new([Step::data("message"), Step::trailers(trailers)]);
        let (response, handle) = response(BulkheadLayer::new(1), "application/grpc", body).await;
        response.into_body().collect().await.unwrap();
        assert_eq!(ends(&handle), expected);
    }
}

#[tokio::test]
async fn until_the_head_means_until_the_head() {
    let body = ScriptedBody::new([Step::data("a")]).exact_size();
    let layer = BulkheadLayer::new(1).until(Until::Head);
    let (response, handle) = response(layer, "text/plain", body).await;
    assert_eq!(ends(&handle), [1, 0, 0]);
    assert_eq!(response.body().size_hint().exact(), Some(1));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), Bytes::from("a"));
}

#[tokio::test(start_paused = true)]
async fn who_waits_comes_in_when_a_body_ends() {
    let service = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(ScriptedBody::new([Step::data("a")])))
    });
    let layer = BulkheadLayer::new(1).max_queued(1);
    let service = layer.layer(service);
    let Ok(first) = service.clone().oneshot(Request::new(())).await;
    let mut second = task::spawn(service.oneshot(Request::new(())));
    assert!(second.poll().is_pending());
    first.into_body().collect().await.unwrap();
    assert!(second.is_woken());
    assert!(second.poll().is_ready());
}
