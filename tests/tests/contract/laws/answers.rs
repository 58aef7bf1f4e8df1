//! What a refused caller of an HTTP or a gRPC service gets, and that a passing one gets what the
//! inner service said.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, header};
use http_body::Body;
use palisade::{
    Rejection,
    test::{ScriptedBody, Step, inner},
};

use super::row;
use crate::support::{Fault, Req, call, get, grpc, late, led, ok, text};

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

#[tokio::test(start_paused = true)]
async fn a_passing_response_is_what_the_inner_service_said() {
    let (inner, handle, _) = led();
    let layer = row::generous();
    let answer = tokio::spawn(call(&layer, inner, get()));
    let response = Response::builder().status(418).header("x-kept", "yes").body(ok().into_body());
    handle.next_call().await.respond(response.unwrap());

    let answer = answer.await.unwrap().unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-kept"] == "yes"), (418, true));
    assert_eq!(answer.body().size_hint().exact(), Some(2));
    assert!(!answer.body().is_end_stream());
    assert!(answer.extensions().get::<Rejection>().is_none());
    assert_eq!(text(answer).await, "ok");
}

#[tokio::test(start_paused = true)]
async fn a_request_reaches_the_inner_service_unchanged() {
    let (inner, handle, _) = led();
    let layer = row::generous();
    let _answer = tokio::spawn(call(&layer, inner, grpc().map(|_| "hello".to_owned())));

    let call = handle.next_call().await;
    assert_eq!(call.request().uri(), grpc().uri());
    assert_eq!(call.request().headers(), grpc().headers());
    assert_eq!(call.request().body(), "hello");
}

#[tokio::test(start_paused = true)]
async fn the_inner_services_error_is_passed_on() {
    let (inner, handle, _) = led();
    let layer = row::generous();
    let answer = tokio::spawn(call(&layer, inner, get()));
    handle.next_call().await.fail(Fault("broken"));

    assert_eq!(answer.await.unwrap().unwrap_err(), Fault("broken"));
}

/// All six ways in which a body ends; the layer's body must end in the same.
#[tokio::test(start_paused = true)]
async fn a_body_ends_as_the_inner_one_does() {
    async fn play(body: ScriptedBody) -> Vec<String> {
        let (inner, handle) = inner::<Req, _, Fault>();
        let answer = tokio::spawn(call(&row::generous(), inner, get()));
        handle.next_call().await.respond(Response::new(body));
        let answer = answer.await.unwrap().unwrap();
        let mut body = std::pin::pin!(answer.into_body());
        let mut seen = vec![format!("{} {:?}", body.is_end_stream(), body.size_hint().exact())];
        while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            seen.push(match frame {
                Ok(frame) if frame.is_data() => {
                    let data: Bytes = frame.into_data().unwrap();
                    format!("{} {}", String::from_utf8_lossy(&data), body.is_end_stream())
                }
                Ok(_) => "trailers".to_owned(),
                Err(error) => format!("error {error}"),
            });
        }
        seen
    }

    let a = || Step::data("a");
    assert_eq!(play(ScriptedBody::new([]).end_known()).await, ["true None"]);
    assert_eq!(play(ScriptedBody::new([])).await, ["false None"]);
    assert_eq!(play(ScriptedBody::new([a(), Step::Pending])).await, ["false None", "a false"]);
    let known = ScriptedBody::new([a()]).end_known().exact_size();
    assert_eq!(play(known).await, ["false Some(1)", "a true"]);
    let trailers = Step::trailers(http::HeaderMap::new());
    assert_eq!(
        play(ScriptedBody::new([a(), trailers])).await,
        ["false None", "a false", "trailers"]
    );
    let reset = Step::error("reset");
    assert_eq!(
        play(ScriptedBody::new([a(), reset])).await,
        ["false None", "a false", "error reset"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_dropped_is_dropped() {
    let body = ScriptedBody::new([Step::Silence]);
    let watch = body.handle();
    let (inner, handle) = inner::<Req, _, Fault>();
    let answer = tokio::spawn(call(&row::generous(), inner, get()));
    handle.next_call().await.respond(Response::new(body));

    let answer = answer.await.unwrap().unwrap();
    assert!(!watch.is_dropped());
    drop(answer);
    assert!(watch.is_dropped());
}
