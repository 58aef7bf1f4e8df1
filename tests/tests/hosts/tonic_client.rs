//! A client that tonic generated, with our layers around its `Channel`.

use std::{error::Error, time::Duration};

use palisade::{LayerError, prelude::*};
use tonic::{
    Code,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::{
    ServingStatus,
    pb::{HealthCheckRequest, health_client::HealthClient},
};
use tower::{Layer, ServiceBuilder};

use crate::servers::{listen, silent};

fn channel(address: std::net::SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy()
}

fn request() -> HealthCheckRequest {
    HealthCheckRequest { service: "x".into() }
}

async fn server() -> std::net::SocketAddr {
    let (reporter, service) = tonic_health::server::health_reporter();
    reporter.set_service_status("x", ServingStatus::Serving).await;
    let (listener, address) = listen().await;
    let incoming = TcpIncoming::from(listener);
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
    address
}

#[tokio::test]
async fn a_refusal_is_a_status_with_pushback_and_retry_info() {
    let channel = ServiceBuilder::new()
        .layer(RateLimitLayer::new(per_hour(1)).name("checks"))
        .layer(RateLimitLayer::new(per_hour(50)))
        .service(channel(server().await));
    let mut client = HealthClient::new(channel);
    client.check(request()).await.unwrap();

    let status = client.check(request()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains(r#""checks""#), "{}", status.message());
    let pushback = status.metadata().get("grpc-retry-pushback-ms").unwrap();
    let pushback: u64 = pushback.to_str().unwrap().parse().unwrap();
    assert!((3_500_000..=3_600_000).contains(&pushback), "{pushback}");
    let info = b"type.googleapis.com/google.rpc.RetryInfo";
    assert!(status.details().windows(info.len()).any(|part| part == info));
}

#[tokio::test]
async fn a_server_that_stays_silent_exceeds_the_deadline() {
    let layer = TimeoutLayer::new(Duration::from_millis(50));
    let mut client = HealthClient::new(layer.layer(channel(silent().await)));
    let status = client.check(request()).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(layer.handle().snapshot().rejected, 1);
}

#[tokio::test]
async fn a_stream_is_read_through_the_layers() {
    let channel = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .layer(RateLimitLayer::new(per_hour(5)))
        .service(channel(server().await));
    let mut stream = HealthClient::new(channel).watch(request()).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
}

#[tokio::test]
async fn a_servers_own_status_is_passed_on() {
    let channel = TimeoutLayer::new(Duration::from_secs(5)).layer(channel(server().await));
    let unknown = HealthCheckRequest { service: "unknown".into() };
    let status = HealthClient::new(channel).check(unknown).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn without_a_server_the_transports_error_is_passed_on() {
    let (listener, address) = listen().await;
    drop(listener);
    let channel = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .layer(RateLimitLayer::new(per_hour(5)))
        .service(channel(address));
    let status = HealthClient::new(channel).check(request()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}

/// Why the response is the default: of a typed error tonic makes `Unknown`, with our error as the
/// source.
#[tokio::test]
async fn a_typed_refusal_is_found_in_the_statuss_source() {
    let layer = RateLimitLayer::new(per_hour(1)).typed();
    let mut client = HealthClient::new(layer.layer(channel(server().await)));
    client.check(request()).await.unwrap();

    let status = client.check(request()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    let source = status.source().unwrap();
    let typed = source.downcast_ref::<LayerError<tonic::transport::Error>>();
    assert!(matches!(typed, Some(LayerError::Rejected(_))));
    assert_eq!(rejection(&status).unwrap().layer(), "ratelimit");
}

#[tokio::test]
async fn clones_of_a_client_share_a_limit() {
    let layer = RateLimitLayer::new(per_hour(1));
    let client = HealthClient::new(layer.layer(channel(server().await)));
    client.clone().check(request()).await.unwrap();
    let status = client.clone().check(request()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
}
