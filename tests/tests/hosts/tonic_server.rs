//! A tonic server with our layers, and a new connection for each call.

use std::time::Duration;

use palisade::{prelude::*, test::pending};
use tonic::{
    Code,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::{
    ServingStatus,
    pb::{HealthCheckRequest, HealthCheckResponse, health_client::HealthClient},
};
use tower::ServiceBuilder;

use crate::servers::listen;

async fn connect(address: std::net::SocketAddr) -> HealthClient<Channel> {
    let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
    HealthClient::new(endpoint.connect().await.unwrap())
}

async fn check(address: std::net::SocketAddr) -> Result<HealthCheckResponse, tonic::Status> {
    let request = HealthCheckRequest { service: "x".into() };
    connect(address).await.check(request).await.map(tonic::Response::into_inner)
}

macro_rules! serve {
    ($layers:expr) => {{
        let (reporter, service) = tonic_health::server::health_reporter();
        reporter.set_service_status("x", ServingStatus::Serving).await;
        let (listener, address) = listen().await;
        let server = Server::builder()
            .layer($layers)
            .add_service(service)
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(server);
        address
    }};
}

#[tokio::test]
async fn a_server_limits_all_its_connections_together() {
    let address = serve!(RateLimitLayer::new(per_hour(3)));
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(check(address).await.map_or_else(|status| status.code(), |_| Code::Ok));
    }
    let limited = Code::ResourceExhausted;
    assert_eq!(codes, [Code::Ok, Code::Ok, Code::Ok, limited, limited]);
}

#[tokio::test]
async fn a_refusal_says_when_to_come_back() {
    let address = serve!(RateLimitLayer::new(per_hour(1)).name("checks"));
    check(address).await.unwrap();
    let status = check(address).await.unwrap_err();

    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains(r#""checks""#), "{}", status.message());
    let pushback = status.metadata().get("grpc-retry-pushback-ms").unwrap();
    let pushback: u64 = pushback.to_str().unwrap().parse().unwrap();
    assert!((3_500_000..=3_600_000).contains(&pushback), "{pushback}");
    // google.rpc.Status { code: 8, .. } with a RetryInfo in it.
    let details = status.details();
    assert_eq!(details[..2], [0x08, 8]);
    let info = b"type.googleapis.com/google.rpc.RetryInfo";
    assert!(details.windows(info.len()).any(|part| part == info));
}

#[tokio::test]
async fn a_call_that_passes_keeps_its_answer_and_its_status() {
    let address = serve!(
        ServiceBuilder::new()
            .layer(RateLimitLayer::new(per_hour(100)))
            .layer(TimeoutLayer::new(Duration::from_secs(5)))
            .into_inner()
    );
    assert_eq!(check(address).await.unwrap().status(), ServingStatus::Serving.into());
    let unknown = HealthCheckRequest { service: "unknown".into() };
    let status = connect(address).await.check(unknown).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "the service's own status, in its trailers");
}

#[tokio::test]
async fn a_stream_goes_on_behind_the_layers() {
    let layer = TimeoutLayer::new(Duration::from_secs(5));
    let address = serve!(
        ServiceBuilder::new().layer(layer).layer(RateLimitLayer::new(per_hour(100))).into_inner()
    );
    let request = HealthCheckRequest { service: "x".into() };
    let mut stream = connect(address).await.watch(request).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving.into());
}

#[tokio::test]
async fn a_service_that_hangs_is_timed_out() {
    let hang = tower::layer::layer_fn(|_| pending::<_, http::Response<tonic::body::Body>>());
    let address = serve!(
        ServiceBuilder::new()
            .layer(TimeoutLayer::new(Duration::from_millis(50)).name("checks"))
            .layer(hang)
            .into_inner()
    );
    let status = check(address).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(status.message().contains(r#""checks""#), "{}", status.message());
}

#[tokio::test]
async fn peers_are_told_apart_by_their_address() {
    let address = serve!(RateLimitLayer::new(per_hour(2)).by(ClientIp::peer()));
    for _ in 0..2 {
        check(address).await.unwrap();
    }
    assert_eq!(check(address).await.unwrap_err().code(), Code::ResourceExhausted);
}
