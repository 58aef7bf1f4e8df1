//! What a refusal becomes.

mod support;

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use palisade_breaker::{BreakerLayer, Ratio, Rejection, Trip};
use palisade_core::test::{Canned, ready};
use palisade_core::{LayerError, ManualClock, rejection};
use support::seconds;
use tower::{Layer, ServiceExt};

const TEXT: &str = r#"circuit "search" open for 3s (1 calls failed in a row); next probe in 2s"#;

/// Opened by a failure three seconds ago.
fn opened() -> BreakerLayer {
    let clock = ManualClock::new();
    let breaker = palisade_breaker::Breaker::new().clock(clock.clock()).name("search");
    let breaker = breaker.trip(Trip::consecutive(1)).jitter(Ratio::ZERO);
    support::fail(&breaker, 1);
    clock.advance(seconds(3));
    breaker.layer()
}

fn ok<Req>() -> Canned<Req, Response<String>> {
    ready(Response::new(String::new()))
}

#[tokio::test]
async fn a_request_gets_503_retry_after_and_a_problem_document() {
    let response = opened().layer(ok()).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(response.extensions().get::<Rejection>().unwrap().to_string(), TEXT);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["status"], &body["policy"]), (&503.into(), &"search".into()));
    assert_eq!(body["reason"], "circuit_open");
}

#[tokio::test]
async fn a_grpc_call_gets_unavailable_with_a_pushback() {
    let request = Request::post("/pkg.Greeter/Hello").header("content-type", "application/grpc");
    let response = opened().layer(ok()).oneshot(request.body(()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["grpc-status"], "14");
    assert_eq!(response.headers()["grpc-message"], TEXT);
    assert_eq!(response.headers()["grpc-retry-pushback-ms"], "2000");
}

#[tokio::test]
async fn around_http_services_it_can_be_an_error_or_a_response_of_your_own() {
    let error = opened().typed().layer(ok()).oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(error.rejection().unwrap().to_string(), TEXT);
    let error = opened().boxed().layer(ok()).oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(error.downcast_ref::<Rejection>().unwrap().to_string(), TEXT);
    let layer = opened().respond_with(|why, _| {
        let mut response = Response::new(why.to_string().into());
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    });
    let response = layer.layer(ok()).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
}

#[tokio::test]
async fn around_any_service_it_is_an_error_or_a_result_of_your_own() {
    let any = || ready::<&str, &str>("hello");
    let error = opened().plain().layer(any()).oneshot("hello").await.unwrap_err();
    assert!(matches!(error, LayerError::Rejected(why) if why.to_string() == TEXT));
    let error = opened().plain_boxed().layer(any()).oneshot("hello").await.unwrap_err();
    assert_eq!(rejection(&*error).unwrap().to_string(), TEXT);
    let instead = |_: Rejection| Ok::<_, Infallible>("sorry");
    assert_eq!(opened().reject_with(instead).layer(any()).oneshot("hello").await, Ok("sorry"));
}
