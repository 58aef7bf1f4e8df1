//! What a timeout becomes.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use palisade_core::test::{Canned, pending};
use palisade_core::{LayerError, Origin, Rejection, rejection};
use palisade_timeout::TimeoutLayer;
use tower::{Layer, ServiceExt};

fn layer() -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs(2)).name("search")
}

fn hangs<Req>() -> Canned<Req, Response<String>> {
    pending()
}

const TEXT: &str = r#"timed out: "search" got no answer within 2s (given up after 2s)"#;

#[tokio::test(start_paused = true)]
async fn a_request_gets_504_and_a_problem_document() {
    let response = layer().layer(hangs()).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(!response.headers().contains_key("retry-after"));
    let why = *response.extensions().get::<Rejection>().unwrap();
    assert_eq!((why.to_string().as_str(), why.origin()), (TEXT, Origin::Upstream));

    let body = response.into_body().collect().await.unwrap().to_bytes();
    let expected = concat!(
        r#"{"title":"Gateway Timeout","status":504,"#,
        r#""detail":"timed out: \"search\" got no answer within 2s (given up after 2s)","#,
        r#""reason":"timed_out","policy":"search"}"#,
    );
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn a_grpc_call_gets_deadline_exceeded_in_trailers_only() {
    let request =
        Request::post("/pkg.Greeter/Hello").header("content-type", "application/grpc+proto");
    let response = layer().layer(hangs()).oneshot(request.body(()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/grpc");
    assert_eq!(response.headers()["grpc-status"], "4");
    assert_eq!(response.headers()["grpc-message"], TEXT);
    // Whether to repeat a call that may have been carried out is the caller's to say.
    assert!(!response.headers().contains_key("grpc-retry-pushback-ms"));
    assert!(http_body::Body::is_end_stream(response.body()));
}

#[tokio::test(start_paused = true)]
async fn respond_with_makes_the_response() {
    let layer = layer().respond_with(|why, meta| {
        let mut response = Response::new(format!("{why} ({:?})", meta.method()).into());
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    });
    let response = layer.layer(hangs()).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert!(response.extensions().get::<Rejection>().is_some());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, format!("{TEXT} (Some(GET))"));
}

#[tokio::test(start_paused = true)]
async fn typed_and_boxed_are_errors_around_http_services() {
    let error = layer().typed().layer(hangs()).oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(error.rejection().unwrap().to_string(), TEXT);

    let error = layer().boxed().layer(hangs()).oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(error.downcast_ref::<Rejection>().unwrap().to_string(), TEXT);
}

#[tokio::test(start_paused = true)]
async fn the_plain_modes_are_errors_around_any_service() {
    let hangs = || pending::<&str, &str>();
    let error = layer().plain().layer(hangs()).oneshot("hello").await.unwrap_err();
    assert!(matches!(error, LayerError::Rejected(why) if why.to_string() == TEXT));

    let error = layer().plain_boxed().layer(hangs()).oneshot("hello").await.unwrap_err();
    assert_eq!(rejection(&*error).unwrap().to_string(), TEXT);

    let instead =
        |why: Rejection| Ok::<_, Infallible>(if why.status() == 504 { "sorry" } else { "" });
    assert_eq!(layer().reject_with(instead).layer(hangs()).oneshot("hello").await, Ok("sorry"));
}
