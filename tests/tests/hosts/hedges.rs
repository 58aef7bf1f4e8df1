//! A second request around each client, when the first is not answered.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use palisade::{CallContext, prelude::*};
use tonic::transport::Channel;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::{ServiceBuilder, ServiceExt};

use crate::{
    scripted::{Scripted, hangs, healthy, status},
    servers::serve,
};

fn hedge() -> HedgeLayer {
    HedgeLayer::after(Duration::from_millis(20))
}

fn client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

fn put(server: &Scripted) -> Request<Full<Bytes>> {
    Request::put(format!("http://{}/", server.address)).body("same".into()).unwrap()
}

#[tokio::test]
async fn hyper_utils_client_is_answered_by_its_second_request() {
    let server = Scripted::serve([hangs(), status(200)]).await;
    let hedge = hedge();
    let service = ServiceBuilder::new().layer(&hedge).service(client());
    assert_eq!(service.oneshot(put(&server)).await.unwrap().status(), 200);
    assert_eq!(server.bodies(), ["same"; 2]);
    assert_eq!(hedge.handle().snapshot().won, 1);
}

#[tokio::test]
async fn a_connection_that_stays_silent_is_passed_by_another() {
    let server = Scripted::mute_at_first([status(200)]).await;
    let service = ServiceBuilder::new().layer(hedge()).service(client());
    assert_eq!(service.oneshot(put(&server)).await.unwrap().status(), 200);
    assert_eq!((server.connections(), server.bodies().len()), (2, 1));
}

#[tokio::test]
async fn a_generated_client_is_answered_by_its_second_request() {
    let server = Scripted::serve([hangs(), healthy()]).await;
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    let hedge = hedge().idempotent_by(|head| head.path().ends_with("/Check"));
    let service = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .layer(&hedge)
        .layer(BulkheadLayer::new(64))
        .service(channel.connect_lazy());
    let request = HealthCheckRequest { service: "x".into() };
    let answer = HealthClient::new(service).check(request).await.unwrap();
    assert_eq!(answer.into_inner().status, 1);
    assert_eq!(server.bodies(), [&b"\0\0\0\0\x03\x0a\x01x"[..]; 2]);
    assert_eq!(hedge.handle().snapshot().won, 1);
}

#[tokio::test]
async fn a_grpc_call_that_nobody_marked_has_no_second_request() {
    let server = Scripted::serve([hangs(), healthy()]).await;
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    let hedge = hedge();
    let service = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_millis(60)))
        .layer(&hedge)
        .service(channel.connect_lazy());
    let status = HealthClient::new(service).check(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
    assert_eq!(hedge.handle().snapshot().not_idempotent, 1);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn reqwests_client_is_answered_by_its_second_request() {
    let server = Scripted::serve([hangs(), status(200)]).await;
    let request = || {
        let url = format!("http://{}/", server.address).parse().unwrap();
        let mut request = reqwest::Request::new(reqwest::Method::PUT, url);
        *request.body_mut() = Some("same".into());
        request
    };
    let service = ServiceBuilder::new().layer(hedge()).service(reqwest::Client::new());
    assert_eq!(service.oneshot(request()).await.unwrap().status(), 200);
    assert_eq!(server.bodies(), ["same"; 2]);

    let server = Scripted::mute_at_first([status(200)]).await;
    let hedge = hedge().boxed();
    let service = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)).plain_boxed())
        .layer(&hedge)
        .layer(BulkheadLayer::new(64).plain_boxed())
        .service(reqwest::Client::new());
    let url = format!("http://{}/", server.address).parse().unwrap();
    let get = reqwest::Request::new(reqwest::Method::GET, url);
    assert_eq!(service.oneshot(get).await.unwrap().status(), 200);
    assert_eq!((server.connections(), hedge.handle().snapshot().won), (2, 1));
}

#[tokio::test]
async fn a_handler_that_hangs_is_called_once_more() {
    let handler = |body: String| async move {
        if CallContext::current().attempt() == 1 {
            std::future::pending::<()>().await;
        }
        body
    };
    let hedge = hedge();
    let app = Router::new().route("/", get(handler)).layer(hedge.clone());
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let request = Request::get(format!("http://{}/", serve(app).await)).body("same".into());
    let answer = client.request(request.unwrap()).await.unwrap();
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, "same");
    assert_eq!(hedge.handle().snapshot().won, 1);
}
