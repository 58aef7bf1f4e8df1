//! What a refusal becomes.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use palisade_bulkhead::BulkheadLayer;
use palisade_core::test::{Canned, echo, ready};
use palisade_core::{LayerError, Origin, Rejection, rejection};
use tower::{Layer, ServiceExt};

fn layer() -> BulkheadLayer {
    BulkheadLayer::new(0).name("search")
}

fn ok<Req>() -> Canned<Req, Response<String>> {
    ready(Response::new("ok".to_owned()))
}

const TEXT: &str = r#"bulkhead full: "search" allows 0 at once"#;

#[tokio::test]
async fn a_request_gets_503_and_a_problem_document() {
    let Ok(response) = layer().layer(ok()).oneshot(Request::new(())).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let why = *response.extensions().get::<Rejection>().unwrap();
    assert_eq!((why.to_string().as_str(), why.origin()), (TEXT, Origin::Local));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = std::str::from_utf8(&body).unwrap();
    assert!(body.contains(r#""reason":"bulkhead_full","policy":"search""#), "{body}");
}

#[tokio::test]
async fn a_grpc_call_gets_resource_exhausted_in_trailers_only() {
    let request = Request::post("/pkg.Greeter/Hello").header("content-type", "application/grpc");
    let Ok(response) = layer().layer(ok()).oneshot(request.body(()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["grpc-status"], "8");
    assert_eq!(response.headers()["grpc-message"], TEXT);
    assert!(http_body::Body::is_end_stream(response.body()));
}

#[tokio::test]
async fn typed_boxed_and_respond_with_are_for_http() {
    let error = layer().typed().layer(ok()).oneshot(Request::new(())).await.unwrap_err();
    assert!(matches!(error, LayerError::Rejected(_)));
    let error = layer().boxed().layer(ok()).oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(rejection(&*error).unwrap().to_string(), TEXT);
    let teapot = layer().respond_with(|why, _| {
        let mut response = Response::new(why.to_string().into());
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    });
    let Ok(response) = teapot.layer(ok()).oneshot(Request::new(())).await;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
}

#[tokio::test]
async fn plain_modes_are_for_any_service() {
    let error = layer().plain().layer(echo::<u8>()).oneshot(1).await.unwrap_err();
    assert!(matches!(error, LayerError::Rejected(_)));
    let error = layer().plain_boxed().layer(echo::<u8>()).oneshot(1).await.unwrap_err();
    assert_eq!(rejection(&*error).unwrap().to_string(), TEXT);
    let silent = layer().reject_with(|_| Ok::<_, Infallible>(0));
    assert_eq!(silent.layer(echo::<u8>()).oneshot(1).await, Ok(0));
}

#[tokio::test]
async fn a_call_that_passes_is_the_same_in_every_mode() {
    let layer = BulkheadLayer::new(1);
    let Ok(response) = layer.clone().layer(ok()).oneshot(Request::new(())).await;
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok");
    assert_eq!(layer.clone().plain().layer(echo::<u8>()).oneshot(7).await, Ok(7));
    assert_eq!(layer.handle().snapshot().passed, 2);
}
