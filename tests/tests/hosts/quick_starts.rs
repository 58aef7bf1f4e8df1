//! The quick starts, as a user would write them.

use std::{error::Error, net::SocketAddr, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use palisade::prelude::*;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::servers::{listen, upstream};

fn axum_app() -> Result<Router, Box<dyn Error>> {
    let api = Router::new()
        .route("/search", get(|| async { "found" }))
        .route(
            "/login",
            post(|| async { "hi" })
                .layer(RateLimitLayer::new("5/min".parse()?).by(ClientIp::peer())),
        )
        .layer(
            ServiceBuilder::new()
                .layer(TimeoutLayer::new(Duration::from_secs(5)))
                .layer(
                    RateLimitLayer::new(per_second(100).burst(200)).by(ClientIp::behind_proxies(1)),
                )
                .layer(
                    RateLimitLayer::new(per_minute(600))
                        .by_fn(|head| head.header("x-api-key").map(Key::from)),
                )
                .layer(RateLimitLayer::new(per_minute(1)).enabled(false)),
        );
    Ok(Router::new().merge(api).route("/healthz", get(|| async { "ok" })))
}

#[tokio::test]
async fn axum_in_sixteen_lines() {
    let (listener, address) = listen().await;
    let app = axum_app().unwrap().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });

    let client = reqwest::Client::new();
    for n in 1..=6 {
        let answer = client.post(format!("http://{address}/login")).send().await.unwrap();
        assert_eq!(answer.status(), if n <= 5 { 200 } else { 429 }, "login {n}");
    }
    for path in ["/search", "/healthz"] {
        let answer = client.get(format!("http://{address}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn a_tonic_client_in_ten_lines() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

    let (listener, address) = listen().await;
    drop(listener);
    let channel = tonic::transport::Channel::from_shared(format!("http://{address}"));
    let retry = RetryLayer::standard().backoff(Backoff::none()).max_attempts(2);
    let attempts = retry.handle();
    let channel = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(2)))
        .layer(retry)
        .layer(BreakerLayer::new().failure_rate(Ratio::percent(50)))
        .layer(BulkheadLayer::new(64))
        .service(channel.unwrap().connect_lazy());
    let status = HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unavailable);
    assert_eq!(attempts.snapshot().attempts, 1);
}

#[tokio::test]
async fn a_hyper_client_in_nine_lines() {
    use bytes::Bytes;
    use http_body_util::Full;
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};

    let (listener, address) = listen().await;
    drop(listener);
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut client = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(2)))
        .layer(RetryLayer::standard().backoff(Backoff::none()))
        .layer(BreakerLayer::new().by(Host).typed())
        .service(client);
    let request = http::Request::get(format!("http://{address}/")).body(Full::default()).unwrap();
    let failed = client.ready().await.unwrap().call(request).await.unwrap_err();
    assert!(matches!(failed, LayerError::Inner(error) if error.is_connect()));
}

#[test]
fn a_tonic_server() {
    let (_, health) = tonic_health::server::health_reporter();
    let _router = tonic::transport::Server::builder()
        .layer(
            ServiceBuilder::new()
                .layer(
                    RateLimitLayer::new(per_second(100))
                        .by_fn(|head| head.header("x-tenant").map(Key::from)),
                )
                .layer(TimeoutLayer::new(Duration::from_secs(5)))
                .into_inner(),
        )
        .add_service(health);
}

#[tokio::test]
async fn a_reqwest_client_in_twelve_lines() {
    let (address, _) = upstream().await;
    let mut client = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(2)).plain_boxed())
        .layer(RetryLayer::standard().boxed())
        .layer(BreakerLayer::new().by(Host).plain_boxed())
        .layer(BulkheadLayer::new(32).by(Host).plain_boxed())
        .layer(RateLimitLayer::new(per_hour(1)).by(Host).plain_boxed())
        .service(reqwest::Client::new());
    let mut refused = 0;
    for _ in 0..2 {
        let url = format!("http://{address}/").parse().unwrap();
        let request = reqwest::Request::new(reqwest::Method::GET, url);
        match client.ready().await.unwrap().call(request).await {
            Ok(answer) => assert_eq!(answer.status(), 200),
            Err(error) => match rejection(&*error) {
                Some(why) => refused += usize::from(why.layer() == "ratelimit"),
                None => panic!("{error}"),
            },
        }
    }
    assert_eq!(refused, 1);
}

#[test]
fn a_limiter_without_a_layer() {
    let limiter = RateLimiter::new(per_minute(5)).name("login");
    for _ in 0..5 {
        limiter.check_key("alice").unwrap();
    }
    assert!(limiter.check_key("alice").is_err());
    assert!(limiter.check_key("bob").is_ok());
    assert!(limiter.check().is_ok());
}

#[test]
fn a_quota_that_does_not_parse_says_what_would() {
    assert_eq!("5 per minute".parse::<Quota>().unwrap(), per_minute(5));
    let error = "five a day".parse::<Quota>().unwrap_err().to_string();
    assert!(error.contains("five a day"), "{error}");
    assert!(error.contains('/'), "shows the form to use: {error}");
}
