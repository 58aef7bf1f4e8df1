//! Requests of a `reqwest::Client`, made again.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use palisade::{prelude::*, rejection};
use reqwest::{Body, Client, Method, Request};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::{
    scripted::{Scripted, retry, status},
    servers::listen,
};

fn put(address: SocketAddr, body: Body) -> Request {
    let mut request = Request::new(Method::PUT, format!("http://{address}/").parse().unwrap());
    *request.body_mut() = Some(body);
    request
}

/// A body that reqwest cannot clone.
fn streamed(bytes: &'static [u8]) -> Body {
    Body::wrap(Full::new(Bytes::from_static(bytes)).map_err(|never| match never {}).boxed())
}

const BYTES: &[u8] = b"\0\x01\xffbytes";

#[tokio::test]
async fn bytes_and_streams_are_sent_again_through_a_whole_stack() {
    for body in [Body::from(BYTES), streamed(BYTES)] {
        let server = Scripted::serve([status(503), status(502), status(200).body("done")]).await;
        let retry = retry().boxed();
        let mut client = ServiceBuilder::new()
            .layer(TimeoutLayer::new(Duration::from_secs(5)).plain_boxed())
            .layer(&retry)
            .layer(BreakerLayer::new().by(Host).plain_boxed())
            .layer(BulkheadLayer::new(32).plain_boxed())
            .service(Client::new());
        let answer = client.ready().await.unwrap().call(put(server.address, body)).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.text().await.unwrap(), "done");
        assert_eq!(server.bodies(), [BYTES; 3]);
        assert_eq!(retry.handle().snapshot().success, 1);
    }
}

#[tokio::test]
async fn it_goes_straight_around_a_client() {
    for body in [Body::from(BYTES), streamed(BYTES)] {
        let server = Scripted::serve([status(503), status(200)]).await;
        let client = ServiceBuilder::new().layer(retry()).service(Client::new());
        let answer = client.oneshot(put(server.address, body)).await;
        assert_eq!(answer.unwrap().status(), 200);
        assert_eq!(server.bodies(), [BYTES; 2]);
    }
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_only_if_it_says_when() {
    let server = Scripted::serve([status(429), status(200)]).await;
    let client = ServiceBuilder::new().layer(retry()).service(Client::new());
    let answer = client.clone().oneshot(put(server.address, "x".into())).await.unwrap();
    assert_eq!(answer.status(), 429);

    let server = Scripted::serve([status(429).header("retry-after", "0"), status(200)]).await;
    let answer = client.oneshot(put(server.address, "x".into())).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_server_that_asks_for_more_than_is_given_is_left_alone() {
    let busy = status(503).header("retry-after", "1");
    let server = Scripted::serve([busy, status(200)]).await;
    let retry = retry().max_retry_after(Duration::from_millis(999));
    let client = ServiceBuilder::new().layer(&retry).service(Client::new());
    let answer = client.oneshot(put(server.address, "x".into())).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1", "the server's own answer");
    assert_eq!(retry.handle().snapshot().stopped, 1);
}

#[tokio::test]
async fn a_refused_connection_ends_as_the_clients_own_error_after_all_attempts() {
    let (listener, address) = listen().await;
    drop(listener);
    let retry = retry().boxed();
    let client = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)).plain_boxed())
        .layer(&retry)
        .layer(BreakerLayer::new().by(Host).plain_boxed())
        .service(Client::new());
    let mut post = put(address, "x".into());
    *post.method_mut() = Method::POST;
    let failed = client.oneshot(post).await.unwrap_err();
    assert!(failed.downcast_ref::<reqwest::Error>().unwrap().is_connect());
    assert!(rejection(&*failed).is_none());
    assert_eq!(retry.handle().snapshot().attempts, 2, "nothing was sent, so a POST may be again");
}

#[tokio::test]
async fn the_connection_of_a_failed_response_is_used_again() {
    let server = Scripted::serve([status(503).body("x".repeat(4_000)), status(200)]).await;
    let client = ServiceBuilder::new().layer(retry()).service(Client::new());
    assert_eq!(client.oneshot(put(server.address, "x".into())).await.unwrap().status(), 200);
    assert_eq!(server.connections(), 1);
}
