//! A bare hyper server, and hyper-util's client.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use palisade::{LayerError, Origin, Rejection, prelude::*};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::servers::{at_once, listen, passed, silent, upstream};

fn client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

fn get(authority: impl std::fmt::Display) -> Request<Full<Bytes>> {
    Request::get(format!("http://{authority}/")).body(Full::default()).unwrap()
}

#[tokio::test]
async fn a_server_limits_all_its_connections_together() {
    let (listener, address) = listen().await;
    let service = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .layer(RateLimitLayer::new(per_hour(5)))
        .service(service_fn(|_: Request<hyper::body::Incoming>| async {
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("x"))))
        }));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await
            });
        }
    });

    assert_eq!(at_once(20, address, "/").await, passed(5, 20));
}

#[tokio::test]
async fn a_client_is_refused_with_a_response() {
    let (address, calls) = upstream().await;
    let mut client =
        ServiceBuilder::new().layer(RateLimitLayer::new(per_hour(1)).by(Host)).service(client());
    let answer = client.ready().await.unwrap().call(get(address)).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "x");

    let answer = client.ready().await.unwrap().call(get(address)).await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.extensions().get::<Rejection>().unwrap().origin(), Origin::Local);
    assert_eq!(calls.seen(), 1, "refused before it was sent");
}

#[tokio::test]
async fn a_client_is_refused_with_a_typed_error() {
    let (address, _) = upstream().await;
    let mut client = ServiceBuilder::new()
        .layer(RateLimitLayer::new(per_hour(1)).by(Host).typed())
        .service(client());
    assert_eq!(client.ready().await.unwrap().call(get(address)).await.unwrap().status(), 200);
    let refused = client.ready().await.unwrap().call(get(address)).await.unwrap_err();
    assert!(matches!(refused, LayerError::Rejected(why) if why.layer() == "ratelimit"));
}

#[tokio::test]
async fn a_clients_own_error_is_told_from_a_refusal() {
    let (listener, address) = listen().await;
    drop(listener);
    let mut client = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)).typed())
        .service(client());
    let failed = client.ready().await.unwrap().call(get(address)).await.unwrap_err();
    assert!(matches!(failed, LayerError::Inner(error) if error.is_connect()));
}

#[tokio::test]
async fn each_host_has_a_limit_of_its_own() {
    let (address, _) = upstream().await;
    let (one, other) = (address.to_string(), format!("localhost:{}", address.port()));
    let mut client =
        ServiceBuilder::new().layer(RateLimitLayer::new(per_hour(1)).by(Host)).service(client());
    for (authority, status) in [(&one, 200), (&other, 200), (&one, 429)] {
        let answer = client.ready().await.unwrap().call(get(authority)).await.unwrap();
        assert_eq!(answer.status(), status, "{authority}");
    }
}

#[tokio::test]
async fn a_server_that_stays_silent_is_timed_out() {
    let mut client =
        ServiceBuilder::new().layer(TimeoutLayer::new(Duration::from_millis(50))).service(client());
    let answer = client.ready().await.unwrap().call(get(silent().await)).await.unwrap();
    assert_eq!(answer.status(), 504);
    assert_eq!(answer.extensions().get::<Rejection>().unwrap().origin(), Origin::Upstream);
}
