//! Retries in an axum router, and in a proxy that sends on what axum was sent.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::put,
};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use palisade::{
    CallContext,
    retry::Retry,
    test::{ScriptedBody, Step},
};
use parking_lot::Mutex;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::{
    scripted::{Scripted, retry, status},
    servers::serve,
};

async fn upload(address: SocketAddr) -> (StatusCode, Bytes) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let frames = [Step::data("one "), Step::Pending, Step::data("two "), Step::data("three")];
    let body = Body::new(ScriptedBody::new(frames));
    let request = Request::put(format!("http://{address}/")).body(body).unwrap();
    let (head, body) = client.request(request).await.unwrap().into_parts();
    (head.status, body.collect().await.unwrap().to_bytes())
}

#[derive(Clone, Default)]
struct Uploads(std::sync::Arc<Mutex<Vec<String>>>);

/// Fails twice, and the first time unread.
async fn handler(State(uploads): State<Uploads>, body: Body) -> Response {
    let attempt = CallContext::current().attempt();
    if attempt == 1 {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let body = body.collect().await.unwrap().to_bytes();
    uploads.0.lock().push(String::from_utf8(body.to_vec()).unwrap());
    if attempt == 2 {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    body.into_response()
}

#[tokio::test]
async fn a_handler_that_fails_twice_is_called_a_third_time_with_the_same_upload() {
    let uploads = Uploads::default();
    let app = Router::new().route("/", put(handler)).layer(retry()).with_state(uploads.clone());
    assert_eq!(upload(serve(app).await).await, (StatusCode::OK, "one two three".into()));
    assert_eq!(*uploads.0.lock(), ["one two three"; 2]);
}

type Upstream = Retry<Client<HttpConnector, Body>>;

/// Sends a request on to the upstream, and its answer back.
async fn forward(
    State((mut upstream, address)): State<(Upstream, SocketAddr)>,
    mut request: Request<Body>,
) -> Response {
    *request.uri_mut() = Uri::try_from(format!("http://{address}/")).unwrap();
    let upstream = ServiceExt::<Request<Body>>::ready(&mut upstream).await.unwrap();
    match upstream.call(request).await {
        Ok(answer) => answer.into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

#[tokio::test]
async fn a_proxy_sends_an_upload_again_that_it_has_not_kept_waiting_for() {
    for first in [status(503), status(503).unread()] {
        let server = Scripted::serve([first, status(200).body("stored")]).await;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let upstream = ServiceBuilder::new().layer(retry()).service(client);
        let proxy = Router::new().fallback(forward).with_state((upstream, server.address));
        assert_eq!(upload(serve(proxy).await).await, (StatusCode::OK, "stored".into()));
        assert_eq!(server.seen().len(), 2);
        assert_eq!(server.bodies()[1], "one two three");
    }
}

#[tokio::test]
async fn trailers_are_sent_again() {
    let server = Scripted::serve([status(503), status(200)]).await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Body>();
    let trailers = HeaderMap::from_iter([("x-digest".parse().unwrap(), "a1".parse().unwrap())]);
    let expected = Some(trailers.clone());
    let body = Full::<Bytes>::from("data").with_trailers(async { Some(Ok(trailers)) });
    let request = Request::put(format!("http://{}/", server.address)).body(Body::new(body));
    let service = ServiceBuilder::new().layer(retry()).service(client);
    assert_eq!(service.oneshot(request.unwrap()).await.unwrap().status(), 200);

    let seen = server.seen();
    let seen: Vec<_> = seen.iter().map(|seen| (&*seen.body, &seen.trailers)).collect();
    assert_eq!(seen, [(&b"data"[..], &expected); 2]);
}
