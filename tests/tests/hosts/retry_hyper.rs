//! Requests of hyper-util's client, made again.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use palisade::{CallContext, prelude::*};
use tower::{Service, ServiceBuilder, ServiceExt, util::MapRequestLayer};

use crate::{
    scripted::{Scripted, retry, status},
    servers::listen,
};

type Body = Full<Bytes>;

fn client() -> Client<HttpConnector, Body> {
    Client::builder(TokioExecutor::new()).build_http()
}

fn send(method: Method, address: SocketAddr, body: Bytes) -> Request<Body> {
    let request = Request::builder().method(method).uri(format!("http://{address}/things"));
    request.body(Full::new(body)).unwrap()
}

async fn text<B>(answer: Response<B>) -> Bytes
where
    B: http_body::Body<Error: std::fmt::Debug>,
{
    answer.into_body().collect().await.unwrap().to_bytes()
}

/// Bytes of every value.
fn binary(length: usize) -> Bytes {
    (0..length).map(|at| (at * 7 + at / 256) as u8).collect()
}

#[tokio::test]
async fn a_body_is_sent_again_byte_for_byte() {
    for length in [0, 1, 65_535, 65_536] {
        let server = Scripted::serve([status(503), status(200).body("done")]).await;
        let mut service = ServiceBuilder::new()
            .layer(TimeoutLayer::new(Duration::from_secs(5)))
            .layer(retry())
            .layer(BreakerLayer::new().by(Host))
            .service(client());
        let request = send(Method::PUT, server.address, binary(length));
        let answer = service.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(text(answer).await, "done");
        assert_eq!(server.bodies(), vec![binary(length); 2]);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_to_keep_is_sent_once_and_answered() {
    for (failed, code) in [(0, 200), (1, 503)] {
        let server = Scripted::serve([status(code).body("as it is"), status(200)]).await;
        let retry = retry();
        let mut service = ServiceBuilder::new().layer(&retry).service(client());
        let request = send(Method::PUT, server.address, binary(65_537));
        let answer = service.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(answer.status(), code);
        assert_eq!(text(answer).await, "as it is");
        assert_eq!(server.bodies(), [binary(65_537)]);
        assert_eq!(retry.handle().snapshot().not_replayable, failed);
    }
}

#[tokio::test]
async fn a_post_that_was_answered_is_not_sent_again() {
    let server = Scripted::serve([status(503), status(200)]).await;
    let mut service = ServiceBuilder::new().layer(retry()).service(client());
    let request = send(Method::POST, server.address, "once".into());
    assert_eq!(service.ready().await.unwrap().call(request).await.unwrap().status(), 503);

    let mut marked = send(Method::POST, server.address, "twice".into());
    marked.extensions_mut().insert(Idempotent);
    let server = Scripted::serve([status(503), status(200)]).await;
    *marked.uri_mut() = format!("http://{}/", server.address).parse().unwrap();
    assert_eq!(service.ready().await.unwrap().call(marked).await.unwrap().status(), 200);
    assert_eq!(server.bodies(), ["twice"; 2]);
}

#[tokio::test]
async fn the_connection_of_a_failed_response_is_used_again() {
    for length in [0, 100, 4_000] {
        let answers = [status(503).body(binary(length)), status(503), status(200)];
        let server = Scripted::serve(answers).await;
        let mut service = ServiceBuilder::new().layer(retry()).service(client());
        let request = send(Method::GET, server.address, Bytes::new());
        assert_eq!(service.ready().await.unwrap().call(request).await.unwrap().status(), 200);
        assert_eq!(server.connections(), 1, "{length} bytes");
    }
}

/// Nothing was sent, so it does not matter what the method is.
#[tokio::test]
async fn a_post_is_sent_again_when_the_connection_was_refused() {
    let (listener, address) = listen().await;
    drop(listener);
    let comes_up = MapRequestLayer::new(move |request: Request<Body>| {
        if CallContext::current().attempt() == 2 {
            Scripted::at(address, [status(200).body("there")]);
        }
        request
    });
    let mut service = ServiceBuilder::new().layer(retry()).layer(comes_up).service(client());
    let request = send(Method::POST, address, "charge".into());
    let answer = service.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(text(answer).await, "there");
}
