//! Deadlines between tonic's clients and servers.
//!
//! A tonic `Channel` looks at `grpc-timeout` itself, and gives up with CANCELLED in the same moment; so where
//! a deadline passes, client and server are joined without one.

use std::{sync::Arc, time::Duration};

use palisade::{CallContext, prelude::*, test::pending};
use tokio::time::Instant;
use tonic::{
    Code,
    body::Body,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::{
    ServingStatus,
    pb::{HealthCheckRequest, health_client::HealthClient},
};
use tower::{Layer, ServiceBuilder, layer::layer_fn, util::MapRequest};

use crate::servers::listen;

type Seen = tokio::sync::mpsc::UnboundedReceiver<Option<String>>;

fn request() -> HealthCheckRequest {
    HealthCheckRequest { service: "x".into() }
}

fn within(time: Duration) -> tonic::Request<HealthCheckRequest> {
    let mut request = tonic::Request::new(request());
    request.set_timeout(time);
    request
}

/// A server behind `layers` that tells the `grpc-timeout` of each request that it is sent.
macro_rules! serve {
    ($layers:expr) => {{
        let (send, seen) = tokio::sync::mpsc::unbounded_channel();
        let send = Arc::new(send);
        let echo = layer_fn(move |inner| {
            let send = Arc::clone(&send);
            MapRequest::new(inner, move |request: http::Request<Body>| {
                let value = request.headers().get("grpc-timeout");
                let value = value.map(|value| value.to_str().unwrap().to_owned());
                send.send(value).unwrap();
                request
            })
        });
        let (reporter, service) = tonic_health::server::health_reporter();
        reporter.set_service_status("x", ServingStatus::Serving).await;
        let (listener, address) = listen().await;
        let server = Server::builder()
            .layer(ServiceBuilder::new().layer($layers).layer(echo).into_inner())
            .add_service(service)
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(server);
        let channel = Channel::from_shared(format!("http://{address}")).unwrap();
        (channel.connect_lazy(), seen)
    }};
}

fn micros(seen: &mut Seen) -> u64 {
    let value = seen.try_recv().unwrap().unwrap();
    value.strip_suffix('u').unwrap().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_deadline_passes_is_told_that_it_did() {
    let layer = TimeoutLayer::new(Duration::from_secs(5)).name("checks");
    let hangs = pending::<http::Request<Body>, http::Response<Body>>();
    let mut client = HealthClient::new(layer.layer(hangs));
    let started = Instant::now();
    let status = client.check(within(Duration::from_millis(50))).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_millis(50));
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(status.message().contains(r#""checks""#), "{}", status.message());

    let status = client.check(within(Duration::ZERO)).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(layer.handle().snapshot().expired, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_outlives_the_deadline_is_cut_with_a_status() {
    let (reporter, service) = tonic_health::server::health_reporter();
    reporter.set_service_status("x", ServingStatus::Serving).await;
    let mut client = HealthClient::new(TimeoutLayer::new(Duration::from_secs(5)).layer(service));
    let started = Instant::now();
    let mut stream = client.watch(within(Duration::from_millis(50))).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    let status = stream.message().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_millis(50));
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_cut_with_a_status() {
    let layer = TimeoutLayer::new(Duration::from_secs(5)).idle(Duration::from_millis(50));
    let handle = layer.handle();
    let (channel, _seen) = serve!(layer);
    let mut stream = HealthClient::new(channel).watch(request()).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    let status = stream.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(handle.snapshot().late_idle, 1);
}

#[tokio::test]
async fn a_client_sends_on_how_much_time_remains() {
    let (channel, mut seen) = serve!(tower::layer::util::Identity::new());
    let second = Duration::from_secs(1);
    let layer = TimeoutLayer::new(second * 20).total(second * 30);
    let mut client = HealthClient::new(layer.layer(channel.clone()));
    client.check(request()).await.unwrap();
    assert_eq!(micros(&mut seen), 30_000_000);
    client.check(within(second * 10)).await.unwrap();
    assert_eq!(micros(&mut seen), 10_000_000, "the client's own is less");

    // A client within a call that has a deadline has what is left of it.
    let end = Clock::default().now() + palisade::Micros(20_000_000);
    CallContext::current().with_end(end).scope(client.check(request())).await.unwrap();
    let left = micros(&mut seen);
    assert!((10_000_000..=20_000_000).contains(&left), "{left}");

    // The time for the head alone would end streams by then.
    let layer = TimeoutLayer::new(second * 20);
    HealthClient::new(layer.layer(channel)).check(request()).await.unwrap();
    assert_eq!(seen.try_recv().unwrap(), None);
}

#[tokio::test]
async fn a_server_shrinks_what_it_hands_on() {
    let second = Duration::from_secs(1);
    let (channel, mut seen) = serve!(TimeoutLayer::new(second * 5).total(second * 8));
    let mut client = HealthClient::new(channel);
    client.check(within(second * 30)).await.unwrap();
    assert_eq!(micros(&mut seen), 8_000_000);
    client.check(within(second * 6)).await.unwrap();
    assert_eq!(micros(&mut seen), 6_000_000);
}
