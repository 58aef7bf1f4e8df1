//! A gRPC server with a limit of three calls a minute, and a client that makes five.
//!
//! The service is the standard health check, so there is nothing to generate. The server's layer
//! answers as gRPC wants it (RESOURCE_EXHAUSTED, and when to come back); the client's timeout would
//! end a call that hangs with DEADLINE_EXCEEDED. Neither knows of tonic.
//!
//! ```sh
//! cargo run --example grpc
//! ```
#![allow(clippy::print_stdout)] // A program for people.

use std::time::Duration;

use palisade::prelude::*;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpIncoming::bind(([127, 0, 0, 1], 0).into())?;
    let address = listener.local_addr()?;
    let (_reporter, health) = tonic_health::server::health_reporter();
    let limit = RateLimitLayer::new(per_minute(3)).name("health").by(ClientIp::peer());
    tokio::spawn(
        Server::builder().layer(limit.clone()).add_service(health).serve_with_incoming(listener),
    );

    let channel = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(2)))
        .service(Channel::from_shared(format!("http://{address}"))?.connect_lazy());
    let mut client = HealthClient::new(channel);
    for call in 1..=5 {
        match client.check(HealthCheckRequest::default()).await {
            Ok(_) => println!("call {call}: ok"),
            Err(status) => {
                println!("call {call}: {:?}: {}", status.code(), status.message());
                let pushback = status.metadata().get("grpc-retry-pushback-ms");
                println!("        come back in {pushback:?} ms");
            }
        }
    }
    println!("{limit:?}: {:?}", limit.handle().snapshot());
    Ok(())
}
