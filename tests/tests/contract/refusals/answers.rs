//! What a refused caller of an HTTP or a gRPC service gets.

use std::time::Duration;

use http::header;
use http_body::Body;
use palisade::Rejection;

use super::row;
use crate::support::{call, get, grpc, late, ok, text};

#[tokio::test(start_paused = true)]
async fn a_refused_request_gets_a_problem_document() {
    let layer = row::strict().name("front door");
    row::spend(&layer).await;
    let answer = call(&layer, late(ok()), get()).await.unwrap();

    assert_eq!(answer.status(), row::STATUS);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.headers().contains_key(header::RETRY_AFTER), row::SAYS_WHEN);
    let length = answer.body().size_hint().exact();
    let text = text(answer).await;
    assert_eq!(length, Some(text.len() as u64), "hyper makes the size a content-length");

    let problem: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["status"], row::STATUS);
    assert!(problem["title"].is_string(), "{text}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains(&format!("{:?}", row::called("front door"))),
        "names the layer: {detail}"
    );
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_rounded_up_and_never_zero() {
    for layer in [row::hasty(), row::strict()] {
        row::spend(&layer).await;
        let answer = call(&layer, late(ok()), get()).await.unwrap();
        assert_eq!(answer.status(), row::STATUS);
        let why = answer.extensions().get::<Rejection>().unwrap();
        let Some(wait) = why.retry_after() else { continue };
        let seconds: u64 = answer.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!(seconds >= 1, "a client would come back at once");
        assert!(Duration::from_secs(seconds) >= wait, "too early: {seconds} < {wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_grpc_call_gets_trailers_only() {
    let layer = row::strict().name("front door");
    row::spend(&layer).await;
    let answer = call(&layer, late(ok()), grpc()).await.unwrap();

    assert_eq!(answer.status(), 200);
    let headers = answer.headers();
    assert_eq!(headers[header::CONTENT_TYPE], "application/grpc");
    assert_eq!(headers["grpc-status"], row::GRPC_CODE.to_string());
    let message = headers["grpc-message"].to_str().unwrap();
    assert!(
        message.contains(&format!("{:?}", row::called("front door"))),
        "names the layer: {message}"
    );
    assert_eq!(headers.contains_key("grpc-retry-pushback-ms"), row::SAYS_WHEN);
    assert!(headers.contains_key("grpc-status-details-bin"));
    assert!(!headers.contains_key(header::RETRY_AFTER), "that is for HTTP");
    assert!(answer.body().is_end_stream(), "the head is all there is");
    assert_eq!(text(answer).await, "");
}
