//! What other breakers get wrong.

mod support;

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::Request;
use palisade_breaker::{Abandoned, Breaker, BreakerLayer, Ratio, State, Trip, Window};
use palisade_core::{CallContext, Clock, ManualClock};
use support::upstream::{Manner, Upstream, refuses, send};
use support::{breaker, fail, later, passing, seconds, state, succeed, touchy};
use tokio::time::timeout;
use tower::{Layer, Service, ServiceExt};

fn layer() -> (BreakerLayer, ManualClock) {
    let clock = ManualClock::new();
    let layer = BreakerLayer::new().clock(clock.clock()).trip(Trip::consecutive(1));
    (layer.jitter(Ratio::ZERO), clock)
}

#[test]
fn a_window_of_calls_forgets_the_oldest_with_each_call() {
    let (breaker, _) = breaker();
    let breaker = breaker.window(Window::Calls(10)).minimum_calls(10);
    succeed(&breaker, 1_000);
    for _ in 0..1_000 {
        fail(&breaker, 4);
        succeed(&breaker, 6);
    }
    assert_eq!(state(&breaker), State::Closed);
    fail(&breaker, 5);
    assert_eq!(state(&breaker), State::Open);
}

#[test]
fn results_of_another_state_count_for_nothing() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(1);
    let mut before: Vec<_> = (0..8).map(|_| breaker.try_acquire().unwrap()).collect();
    let mut late = |success: bool| match before.pop().expect("there are some left") {
        permit if success => permit.success(),
        permit => permit.failure(),
    };
    fail(&breaker, 1);
    let wait = support::wait(&breaker);
    late(false);
    late(true);
    assert_eq!((state(&breaker), support::wait(&breaker)), (State::Open, wait));

    clock.advance(seconds(5));
    let probe = breaker.try_acquire().unwrap();
    late(false);
    late(true);
    assert_eq!(state(&breaker), State::HalfOpen);
    assert!(breaker.try_acquire().is_err(), "the probe has its place still");
    probe.success();

    late(false);
    late(true);
    assert_eq!((state(&breaker), breaker.handle().snapshot().calls), (State::Closed, 0));
    breaker.handle().force_open();
    late(false);
    late(true);
    assert_eq!(state(&breaker), State::ForcedOpen);
    let snapshot = breaker.handle().snapshot();
    assert_eq!((snapshot.passed, snapshot.failed, snapshot.in_flight), (5, 5, 0), "all counted");
}

#[test]
fn a_probe_of_another_trial_counts_for_nothing() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(2).close_after(2);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    let (old, failing) = (breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap());
    failing.failure();
    clock.advance(seconds(10));
    // As the first of its trial it is called what the old one was.
    let first = breaker.try_acquire().unwrap();
    old.failure();
    assert_eq!(state(&breaker), State::HalfOpen);
    first.success();
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn calls_that_an_outer_timeout_cuts_open_it() {
    let layer = BreakerLayer::new().clock(Clock::tokio()).trip(Trip::consecutive(5));
    let layer = layer.abandoned(Abandoned::FailsAfter(seconds(2)));
    let upstream = Upstream::new(Manner::Hang);
    let mut service = layer.layer(upstream.clone());
    let handle = layer.handle();
    // Who goes away before says nothing.
    for _ in 0..20 {
        assert!(timeout(seconds(1), send(&mut service)).await.is_err());
    }
    assert_eq!(handle.snapshot().state, State::Closed);
    for _ in 0..5 {
        assert_eq!(handle.snapshot().state, State::Closed);
        assert!(timeout(seconds(2), send(&mut service)).await.is_err());
    }
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.state, snapshot.abandoned, snapshot.failed), (State::Open, 25, 0));
    assert_eq!(snapshot.in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_cut_at_their_deadline_open_it_however_short_it_was() {
    let clock = Clock::tokio();
    let breaker = Breaker::new().clock(clock.clone()).trip(Trip::consecutive(3));
    for _ in 0..3 {
        assert_eq!(state(&breaker), State::Closed);
        let deadline = later(clock.now(), std::time::Duration::from_millis(50));
        let call = CallContext::current().with_deadline(deadline).scope(async {
            let hanging = breaker.call(pending::<Result<(), std::io::Error>>());
            timeout(std::time::Duration::from_millis(50), hanging).await.is_err()
        });
        assert!(call.await);
    }
    assert_eq!(state(&breaker), State::Open);
}

#[tokio::test(start_paused = true)]
async fn as_neutral_they_never_do() {
    let layer = BreakerLayer::new().clock(Clock::tokio()).trip(Trip::consecutive(1));
    let layer = layer.abandoned(Abandoned::Neutral);
    let mut service = layer.layer(Upstream::new(Manner::Hang));
    for _ in 0..3 {
        assert!(timeout(seconds(1_000), send(&mut service)).await.is_err());
    }
    assert_eq!(layer.handle().snapshot().state, State::Closed);
}

#[test]
fn a_call_that_was_never_polled_has_not_hung() {
    let (layer, clock) = layer();
    let mut service = layer.layer(Upstream::new(Manner::Hang));
    let mut ready = tokio_test::task::spawn(service.ready());
    assert!(ready.poll().is_ready());
    drop(ready);
    let call = service.call(Request::new(()));
    clock.advance(seconds(1_000));
    drop(call);
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.abandoned), (State::Closed, 1));
}

#[test]
fn a_thousand_calls_at_once_are_three_probes() {
    let (breaker, clock) = touchy();
    fail(&breaker, 1);
    clock.advance(seconds(5));
    let permits: Vec<_> = (0..1_000).filter_map(|_| breaker.try_acquire().ok()).collect();
    assert_eq!(permits.len(), 3);
    drop(permits);
    let together = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    (0..200).filter_map(|_| breaker.try_acquire().ok()).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(together.len(), 3);
}

#[test]
fn a_cancelled_probe_returns_its_slot() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(1);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    for _ in 0..100 {
        drop(breaker.try_acquire().expect("the slot is free"));
    }
    assert_eq!(state(&breaker), State::HalfOpen);
    assert_eq!(passing(&breaker, 1), 1);
    assert_eq!(state(&breaker), State::Closed);
}

#[tokio::test]
async fn an_inner_service_that_panics_has_failed_and_returns_its_slot() {
    for manner in [Manner::Panic, Manner::PanicAtOnce] {
        let (layer, clock) = layer();
        let layer = layer.probes(1);
        let upstream = Upstream::new(manner);
        let mut service = layer.layer(upstream.clone());
        let mut panics = || {
            let mut call = tokio_test::task::spawn(send(&mut service));
            assert!(catch_unwind(AssertUnwindSafe(|| call.poll())).is_err());
        };
        panics();
        assert_eq!(layer.handle().snapshot().state, State::Open);
        clock.advance(seconds(5));
        panics();
        let snapshot = layer.handle().snapshot();
        assert_eq!((snapshot.state, snapshot.failed), (State::Open, 2));
        assert_eq!((snapshot.in_flight, snapshot.abandoned), (0, 0));
        clock.advance(seconds(10));
        upstream.set(Manner::Status(200));
        assert!(!refuses(&mut service).await);
        assert_eq!(layer.handle().snapshot().state, State::Closed);
    }
}

#[tokio::test]
async fn clones_share_it_and_so_does_whatever_the_layer_is_applied_to() {
    let (layer, _) = layer();
    let (clone, upstream) = (layer.clone(), Upstream::new(Manner::Error));
    let (mut one, mut other) = (layer.layer(upstream.clone()), clone.layer(upstream.clone()));
    assert!(send(&mut one).await.is_none());
    assert!(refuses(&mut other).await && refuses(&mut one.clone()).await);
    assert_eq!(upstream.calls(), 1);
    assert_eq!(clone.handle().snapshot().rejected, 2);
}

#[test]
fn a_setter_on_a_layer_in_use_starts_afresh() {
    let (layer, _) = layer();
    layer.handle().force_open();
    let other = layer.clone().minimum_calls(5);
    assert_eq!(other.handle().snapshot().state, State::Closed);
    assert_eq!(layer.clone().typed().handle().snapshot().state, State::ForcedOpen);
}

#[tokio::test]
async fn it_never_errs_in_poll_ready_for_a_refusal() {
    let (layer, _) = layer();
    let mut service = layer.clone().typed().layer(Upstream::new(Manner::Error));
    layer.handle().force_open();
    let service = service.ready().await.expect("a refusal is an answer to a call");
    assert!(service.call(Request::new(())).await.unwrap_err().rejection().is_some());
}

#[tokio::test]
async fn the_end_of_a_call_is_when_it_is_known_not_when_its_future_is_dropped() {
    let (layer, _) = layer();
    let mut service = layer.layer(Upstream::new(Manner::Error));
    let mut call = tokio_test::task::spawn(service.ready().await.unwrap().call(Request::new(())));
    assert!(call.poll().is_ready());
    assert_eq!(layer.handle().snapshot().state, State::Open);
    drop(call);
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.failed, snapshot.abandoned), (1, 0));
}
