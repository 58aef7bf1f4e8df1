//! Whether the inner service is asked if it is ready, and what its answers say.

mod support;

use std::task::Poll;
use std::time::Duration;

use http::Request;
use palisade_breaker::{BreakerHandle, BreakerLayer, Host, Ratio, State, Trip};
use palisade_core::test::{Counts, Probe, inner};
use palisade_core::{ManualClock, Rejection};
use support::seconds;
use support::upstream::{Manner, Upstream, refuses, send};
use tokio_test::task::spawn;
use tower::{Layer, Service, ServiceExt};

fn layer() -> (BreakerLayer, ManualClock) {
    let clock = ManualClock::new();
    let layer = BreakerLayer::new().clock(clock.clock()).trip(Trip::consecutive(1));
    (layer.jitter(Ratio::ZERO).probes(1), clock)
}

#[tokio::test]
async fn while_it_is_open_the_inner_service_is_not_asked() {
    let (layer, _) = layer();
    let upstream = Upstream::new(Manner::Error);
    let mut service = layer.layer(upstream.clone());
    assert!(send(&mut service).await.is_none());
    assert_eq!((upstream.calls(), upstream.polls()), (1, 1));
    for _ in 0..10 {
        assert!(refuses(&mut service).await);
    }
    assert_eq!((upstream.calls(), upstream.polls()), (1, 1));
}

#[tokio::test]
async fn what_was_not_asked_is_not_called_though_the_wait_has_ended() {
    let (layer, clock) = layer();
    let upstream = Upstream::new(Manner::Error);
    let mut service = layer.layer(upstream.clone());
    assert!(send(&mut service).await.is_none());
    upstream.set(Manner::Status(200));
    let service = service.ready().await.unwrap();
    clock.advance(seconds(5));
    let response = service.call(Request::new(())).await.unwrap();
    let why = *response.extensions().get::<Rejection>().expect("a refusal");
    assert_eq!(
        (why.retry_after(), upstream.calls()),
        (Some(Duration::ZERO), 1),
        "it may come back at once"
    );
    // Asked again it is ready for the probe.
    let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    assert_eq!((response.status().as_u16(), upstream.calls()), (200, 2));
    assert_eq!(layer.handle().snapshot().state, State::Closed);
}

#[tokio::test]
async fn what_was_not_asked_is_not_called_whatever_somebody_does_by_hand() {
    let (layer, _) = layer();
    let handle = layer.handle();
    let meddlers: [fn(&BreakerHandle); 3] = [
        |handle| handle.set_enforce(Ratio::ZERO),
        |handle| handle.disable(),
        |handle| handle.force_close(),
    ];
    for meddle in meddlers {
        let upstream = Upstream::new(Manner::Status(200));
        let mut service = layer.layer(upstream.clone());
        handle.force_open();
        handle.set_enabled(true);
        handle.set_enforce(Ratio::ONE);
        let service = service.ready().await.unwrap();
        meddle(&handle);
        let response = service.call(Request::new(())).await.unwrap();
        assert_eq!((response.status().as_u16(), upstream.calls()), (503, 0));
        let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
        assert_eq!((response.status().as_u16(), upstream.calls()), (200, 1));
    }
}

#[tokio::test]
async fn a_clone_must_be_asked_for_itself() {
    let (layer, clock) = layer();
    let upstream = Upstream::new(Manner::Error);
    let mut service = layer.layer(upstream.clone());
    assert!(send(&mut service).await.is_none());
    upstream.set(Manner::Status(200));
    service.ready().await.unwrap();
    let mut clone = service.clone();
    clock.advance(seconds(5));
    assert!(!refuses(&mut clone).await);
}

#[tokio::test]
async fn readiness_errors_count_and_a_failed_one_is_a_failed_probe() {
    let (layer, clock) = layer();
    let (inner, handle) = inner::<Request<()>, http::Response<String>, std::io::Error>();
    let mut service = layer.layer(inner);
    handle.fail_readiness(std::io::Error::other("down"));
    assert!(service.ready().await.is_err());
    assert_eq!(layer.handle().snapshot().state, State::Open);
    clock.advance(seconds(5));
    handle.fail_readiness(std::io::Error::other("down"));
    assert!(service.ready().await.is_err());
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.next_probe), (State::Open, Some(seconds(10))));
    assert_eq!((snapshot.failed, snapshot.in_flight), (2, 0));
    // Now it is not asked.
    assert!(service.ready().await.is_ok());
}

#[tokio::test]
async fn readiness_errors_are_no_calls_that_were_abandoned() {
    let (layer, _) = layer();
    let layer = layer.enforce(Ratio::ZERO);
    let (inner, handle) = inner::<Request<()>, http::Response<String>, std::io::Error>();
    let mut service = layer.layer(inner);
    for _ in 0..3 {
        handle.fail_readiness(std::io::Error::other("down"));
        assert!(service.ready().await.is_err());
    }
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.failed, snapshot.shadowed, snapshot.abandoned), (1, 2, 0));
}

#[tokio::test]
async fn a_keyed_one_always_asks_and_blames_no_key() {
    let (layer, _) = layer();
    let layer = layer.by(Host);
    let (inner, handle) = inner::<Request<()>, http::Response<String>, std::io::Error>();
    let mut service = layer.layer(inner);
    for _ in 0..3 {
        handle.fail_readiness(std::io::Error::other("down"));
        assert!(service.ready().await.is_err());
    }
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.failed, snapshot.keys), (State::Closed, 0, 0));
}

#[tokio::test]
async fn it_is_ready_when_the_inner_service_is() {
    let (layer, _) = layer();
    let (inner, handle) = inner::<Request<()>, http::Response<String>, std::io::Error>();
    let mut service = layer.layer(inner);
    handle.hold();
    let mut ready = spawn(service.ready());
    assert!(ready.poll().is_pending());
    handle.open();
    assert!(ready.is_woken());
    assert!(matches!(ready.poll(), Poll::Ready(Ok(_))));
}

#[tokio::test]
async fn it_calls_the_instance_that_it_has_asked() {
    let (layer, clock) = layer();
    let upstream = Upstream::new(Manner::Error);
    let probe = Probe::new(upstream.clone());
    let handle = probe.handle();
    let mut service = layer.layer(probe);
    for manner in [Manner::Error, Manner::Status(200), Manner::Status(200)] {
        upstream.set(manner);
        let _ = send(&mut service).await;
        let _ = send(&mut service).await;
        clock.advance(seconds(5));
    }
    let Counts { violations, calls, in_flight, .. } = handle.counts();
    assert_eq!((violations, calls, in_flight), (0, 5, 0));
}

/// Half-open: one probe is under way, so there is no place.
#[tokio::test]
async fn while_all_places_are_taken_the_inner_service_is_not_asked() {
    let (layer, clock) = layer();
    let upstream = Upstream::new(Manner::Error);
    let mut service = layer.layer(upstream.clone());
    assert!(send(&mut service).await.is_none());
    clock.advance(seconds(5));
    upstream.set(Manner::Hang);
    let probe = service.ready().await.unwrap().call(Request::new(()));
    let (calls, polls) = (upstream.calls(), upstream.polls());
    assert!(refuses(&mut service).await);
    assert_eq!((upstream.calls(), upstream.polls()), (calls, polls));
    drop(probe);
    upstream.set(Manner::Status(200));
    assert!(!refuses(&mut service).await);
}
