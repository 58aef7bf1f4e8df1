//! A caller gets what the inner service said, and the inner service what the caller said.

use bytes::Bytes;
use http::Response;
use http_body::Body;
use palisade::{
    Rejection,
    test::{ScriptedBody, Step, inner},
};

use super::row;
use crate::support::{Fault, Req, call, get, grpc, led, ok, text};

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
    for _ in 0..row::ATTEMPTS {
        handle.next_call().await.fail(Fault("broken"));
    }

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
