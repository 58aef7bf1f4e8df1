//! Calls of a client that tonic generated, made again over a `Channel`.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderName, Request, uri::PathAndQuery};
use palisade::{CallContext, Micros, deadline, prelude::*};
use tonic::{Code, codegen::tokio_stream, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tonic_prost::ProstCodec;
use tower::{ServiceBuilder, util::MapRequestLayer};

use crate::{
    scripted::{Answer, Scripted, grpc, healthy, retry},
    servers::listen,
};

/// `HealthCheckRequest { service: "x" }`, as it stands on the wire.
const MESSAGE: [u8; 8] = [0, 0, 0, 0, 3, 0x0a, 1, b'x'];

fn request() -> HealthCheckRequest {
    HealthCheckRequest { service: "x".into() }
}

fn channel(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy()
}

/// The layers that a client has, in their order.
macro_rules! stack {
    ($timeout:expr, $retry:expr, $service:expr) => {
        ServiceBuilder::new()
            .layer($timeout)
            .layer($retry)
            .layer(BreakerLayer::new())
            .layer(BulkheadLayer::new(64))
            .service($service)
    };
    ($retry:expr, $service:expr) => {
        stack!(TimeoutLayer::new(Duration::from_secs(5)), $retry, $service)
    };
}

/// The outcome of a check, and the server that was asked.
async fn check(answers: impl Into<Vec<Answer>>) -> (Result<i32, Code>, Scripted) {
    let server = Scripted::serve(answers).await;
    let mut client = HealthClient::new(stack!(retry(), channel(server.address)));
    let outcome = client.check(request()).await;
    (outcome.map(|answer| answer.into_inner().status).map_err(|why| why.code()), server)
}

const SERVING: Result<i32, Code> = Ok(ServingStatus::Serving as i32);

#[tokio::test]
async fn a_server_that_is_unavailable_twice_is_sent_the_same_bytes_three_times() {
    let away = || grpc(Code::Unavailable);
    let (outcome, server) = check([away(), away(), healthy()]).await;
    assert_eq!(outcome, SERVING);
    assert_eq!(server.bodies(), [&MESSAGE[..]; 3]);
}

#[tokio::test]
async fn a_server_that_is_never_available_is_asked_three_times() {
    let (outcome, server) = check([grpc(Code::Unavailable)]).await;
    assert_eq!(outcome, Err(Code::Unavailable));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_status_that_may_come_of_the_call_itself_is_final() {
    for code in [Code::Internal, Code::Aborted, Code::DeadlineExceeded, Code::NotFound] {
        let (outcome, server) = check([grpc(code), healthy()]).await;
        assert_eq!(outcome, Err(code));
        assert_eq!(server.seen().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn an_exhausted_server_is_asked_again_only_if_it_says_when() {
    let exhausted = || grpc(Code::ResourceExhausted);
    let (outcome, server) = check([exhausted(), healthy()]).await;
    assert_eq!(outcome, Err(Code::ResourceExhausted));
    assert_eq!(server.seen().len(), 1);

    let (outcome, server) =
        check([exhausted().header("grpc-retry-pushback-ms", "2"), healthy()]).await;
    assert_eq!(outcome, SERVING);
    assert_eq!(server.bodies(), [&MESSAGE[..]; 2]);
}

#[tokio::test]
async fn a_negative_pushback_ends_a_call_that_would_be_made_again() {
    let away = grpc(Code::Unavailable).header("grpc-retry-pushback-ms", "-1");
    let (outcome, server) = check([away, healthy()]).await;
    assert_eq!(outcome, Err(Code::Unavailable));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_server_is_told_how_many_attempts_there_were() {
    let server = Scripted::serve([grpc(Code::Unavailable)]).await;
    let retry = retry().attempt_header(HeaderName::from_static("x-attempt"));
    let mut client = HealthClient::new(stack!(retry, channel(server.address)));
    client.check(request()).await.unwrap_err();

    let told = |name| -> Vec<_> {
        let said = server.seen().into_iter().map(|seen| seen.headers.get(name).cloned());
        said.map(|value| value.map(|value| value.to_str().unwrap().to_owned())).collect()
    };
    let numbers = [None, Some("1".to_owned()), Some("2".to_owned())];
    assert_eq!(told("grpc-previous-rpc-attempts"), numbers);
    assert_eq!(told("x-attempt"), [None, None, None], "gRPC has a name of its own for it");
}

#[tokio::test]
async fn each_attempt_is_told_how_much_time_is_left() {
    let server = Scripted::serve([grpc(Code::Unavailable)]).await;
    let five = Duration::from_secs(5);
    let timeout = TimeoutLayer::new(five).total(five);
    let mut client = HealthClient::new(stack!(timeout, retry(), channel(server.address)));
    client.check(request()).await.unwrap_err();

    // And of less time, if the caller has less.
    let mut hurried = tonic::Request::new(request());
    hurried.set_timeout(Duration::from_secs(3));
    client.check(hurried).await.unwrap_err();

    let seen = server.seen();
    let told: Vec<_> =
        seen.iter().map(|seen| deadline::read(&seen.headers, true).unwrap()).collect();
    assert_eq!((told[0], told[3]), (Micros(5_000_000), Micros(3_000_000)));
    for (before, after) in [(0, 1), (1, 2), (3, 4), (4, 5)] {
        assert!(told[after] + Micros(1_000) <= told[before], "{told:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let (listener, address) = listen().await;
    drop(listener);
    let comes_up = MapRequestLayer::new(move |request: Request<tonic::body::Body>| {
        if CallContext::current().attempt() == 2 {
            Scripted::at(address, [healthy()]);
        }
        request
    });
    let service = ServiceBuilder::new().layer(comes_up).service(channel(address));
    let retry = retry();
    let mut client = HealthClient::new(stack!(retry.clone(), service));
    let outcome = client.check(request()).await;
    assert_eq!(outcome.map_err(|why| why.code()).unwrap().into_inner().status, 1);
    assert_eq!(retry.handle().snapshot().success, 1);
}

/// Sends these messages to a client-streaming method that answers as a check does.
macro_rules! stream {
    ($service:expr, $messages:expr) => {{
        let mut client = tonic::client::Grpc::new($service);
        client.ready().await.unwrap();
        let codec = ProstCodec::<HealthCheckRequest, HealthCheckResponse>::default();
        let path = PathAndQuery::from_static("/things.Upload/Send");
        let messages = tonic::Request::new(tokio_stream::iter($messages));
        client.client_streaming(messages, path, codec).await
    }};
}

#[tokio::test]
async fn a_stream_of_messages_is_sent_again_whether_or_not_it_was_read() {
    for away in [grpc(Code::Unavailable), grpc(Code::Unavailable).unread()] {
        let server = Scripted::serve([away, healthy()]).await;
        let messages = vec![request(); 1_000];
        let answer = stream!(stack!(retry(), channel(server.address)), messages);
        assert_eq!(answer.unwrap().into_inner().status, 1);
        assert_eq!(server.seen().len(), 2);
        assert_eq!(server.bodies()[1], MESSAGE.repeat(1_000));
    }
}

#[tokio::test]
async fn a_call_that_is_too_large_to_keep_is_made_once_and_whole() {
    let large = HealthCheckRequest { service: "x".repeat(65_536) };
    for (answer, expected) in
        [(healthy(), SERVING), (grpc(Code::Unavailable), Err(Code::Unavailable))]
    {
        let server = Scripted::serve([answer]).await;
        let retry = retry();
        let service = stack!(retry.clone(), channel(server.address));
        let outcome = HealthClient::new(service).check(large.clone()).await;
        assert_eq!(outcome.map(|it| it.into_inner().status).map_err(|it| it.code()), expected);

        let bodies = server.bodies();
        // The message, its field's tag and length, and the frame's head.
        assert_eq!(bodies.iter().map(Bytes::len).collect::<Vec<_>>(), [65_536 + 4 + 5]);
        let failed = u64::from(expected.is_err());
        assert_eq!(retry.handle().snapshot().not_replayable, failed);
    }
}
