//! Around a `reqwest::Client`, and inside of it: its connector takes layers, too.

use std::time::Duration;

use palisade::{Origin, Rejection, prelude::*, rejection, test::pending};
use reqwest::{Client, Method, Request};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::servers::{listen, silent, upstream};

fn get(authority: impl std::fmt::Display) -> Request {
    Request::new(Method::GET, format!("http://{authority}/").parse().unwrap())
}

#[tokio::test]
async fn a_client_is_limited_for_each_host() {
    let (address, calls) = upstream().await;
    let (one, other) = (address, format!("localhost:{}", address.port()));
    let mut client = ServiceBuilder::new()
        .layer(RateLimitLayer::new(per_hour(1)).by(Host).plain_boxed())
        .service(Client::new());
    let answer = client.ready().await.unwrap().call(get(one)).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "x");
    assert_eq!(client.ready().await.unwrap().call(get(other)).await.unwrap().status(), 200);

    let refused = client.ready().await.unwrap().call(get(one)).await.unwrap_err();
    assert_eq!(rejection(&*refused).unwrap().origin(), Origin::Local);
    assert_eq!(calls.seen(), 2, "refused before it was sent");
}

#[tokio::test]
async fn a_clients_own_error_is_one_downcast_away_from_any_depth() {
    let (listener, address) = listen().await;
    drop(listener);
    let client = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)).plain_boxed())
        .layer(RateLimitLayer::new(per_hour(10)).plain_boxed())
        .layer(RateLimitLayer::new(per_hour(10)).by(Host).plain_boxed())
        .service(Client::new());
    let failed = client.oneshot(get(address)).await.unwrap_err();
    assert!(failed.downcast_ref::<reqwest::Error>().unwrap().is_connect());
    assert!(rejection(&*failed).is_none());
}

#[tokio::test]
async fn a_server_that_stays_silent_is_timed_out() {
    let client = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_millis(50)).plain_boxed())
        .service(Client::new());
    let late = client.oneshot(get(silent().await)).await.unwrap_err();
    let why = late.downcast_ref::<Rejection>().unwrap();
    assert_eq!((why.layer(), why.origin()), ("timeout", Origin::Upstream));
}

#[tokio::test]
async fn a_connector_can_be_timed_out() {
    let layer = TimeoutLayer::new(Duration::from_secs(5));
    let handle = layer.handle();
    let client = Client::builder().connector_layer(layer.plain_boxed()).build().unwrap();
    let (address, _) = upstream().await;
    assert_eq!(client.execute(get(address)).await.unwrap().status(), 200);
    assert_eq!(handle.snapshot().passed, 1, "one connection");
}

/// No clock and no network: a connector that never comes back.
#[tokio::test(start_paused = true)]
async fn a_connection_that_is_never_made_is_timed_out() {
    let layers = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(1)).name("dial").plain_boxed())
        .layer(tower::layer::layer_fn(|_| pending()));
    let client = Client::builder().connector_layer(layers).build().unwrap();
    let failed = client.execute(get("127.0.0.1:9")).await.unwrap_err();
    assert_eq!(rejection(&failed).expect("in the chain of sources").name(), "dial");
}
