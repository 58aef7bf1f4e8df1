//! Callers told apart in the hosts: by address, by header, by what a middleware outside has found.

use std::net::SocketAddr;

use axum::{Router, body::Body, routing::get};
use http::Request;
use palisade::{Key, prelude::*};

use crate::servers::{at_once, listen, passed};

async fn with_connect_info(app: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn status(address: SocketAddr, header: (&str, &str)) -> u16 {
    let request = reqwest::Client::new().get(format!("http://{address}/"));
    request.header(header.0, header.1).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_peer_is_one_caller_whatever_its_port() {
    let layer = RateLimitLayer::new(per_hour(3)).by(ClientIp::peer());
    let address = with_connect_info(Router::new().route("/", get(|| async {})).layer(layer)).await;
    assert_eq!(at_once(10, address, "/").await, passed(3, 10));
}

#[tokio::test]
async fn behind_a_proxy_the_caller_is_who_the_proxy_says() {
    let layer = RateLimitLayer::new(per_hour(1)).by(ClientIp::behind_proxies(1));
    let address = with_connect_info(Router::new().route("/", get(|| async {})).layer(layer)).await;
    assert_eq!(status(address, ("x-forwarded-for", "1.2.3.4")).await, 200);
    assert_eq!(status(address, ("x-forwarded-for", "1.2.3.5")).await, 200);
    assert_eq!(status(address, ("x-forwarded-for", "1.2.3.4")).await, 429);
    // What the caller itself put in front of that counts for nothing.
    assert_eq!(status(address, ("x-forwarded-for", "9.9.9.9, 1.2.3.4")).await, 429);
}

/// A router served without connect info: a documented policy, not a 500.
#[tokio::test]
async fn without_an_address_all_callers_share_one_limit() {
    let layer = RateLimitLayer::new(per_hour(3)).by(ClientIp::peer());
    let app = Router::new().route("/", get(|| async {})).layer(layer);
    let address = crate::servers::serve(app).await;
    assert_eq!(at_once(10, address, "/").await, passed(3, 10));
}

#[tokio::test]
async fn callers_are_told_apart_by_a_header() {
    let layer = RateLimitLayer::new(per_hour(1)).by(Header("x-api-key"));
    let app = Router::new().route("/", get(|| async {})).layer(layer);
    let address = crate::servers::serve(app).await;
    assert_eq!(status(address, ("x-api-key", "a")).await, 200);
    assert_eq!(status(address, ("x-api-key", "b")).await, 200);
    assert_eq!(status(address, ("x-api-key", "a")).await, 429);
}

#[tokio::test]
async fn callers_are_told_apart_by_what_a_middleware_outside_has_found() {
    #[derive(Clone)]
    struct User(String);

    let layer = RateLimitLayer::new(per_hour(1))
        .by_fn(|head| head.extension::<User>().map(|user| Key::from(user.0.as_str())));
    let authenticate = axum::middleware::map_request(|mut request: Request<Body>| async {
        if let Some(user) = request.headers().get("authorization") {
            let user = User(user.to_str().unwrap().to_owned());
            request.extensions_mut().insert(user);
        }
        request
    });
    let app = Router::new().route("/", get(|| async {})).layer(layer).layer(authenticate);
    let address = crate::servers::serve(app).await;
    assert_eq!(status(address, ("authorization", "alice")).await, 200);
    assert_eq!(status(address, ("authorization", "bob")).await, 200);
    assert_eq!(status(address, ("authorization", "alice")).await, 429);
}
