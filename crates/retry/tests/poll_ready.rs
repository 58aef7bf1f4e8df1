//! Errors of `poll_ready`, which come before there is a call.

mod support;

use palisade_core::test::{InnerHandle, inner};
use palisade_core::{BoxError, Cause, Micros, Reason, Rejection};
use palisade_retry::{Budget, Ratio, Retry};
use support::upstream::{Fault, Req, Res, eager, get, ms, status, steady};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

#[tokio::test(start_paused = true)]
async fn it_is_the_first_of_the_attempts_that_a_call_has() {
    let (service, led) = inner::<Req, Res, Fault>();
    let layer = eager(3);
    for error in ["first", "second", "third"] {
        led.fail_readiness(Fault(error));
    }
    let answer = layer.layer(service).oneshot(get()).await;
    assert_eq!(answer.unwrap_err(), Fault("third"));
    assert!(led.try_next_call().is_none());
    let seen = layer.handle().snapshot();
    assert_eq!((seen.attempts, seen.exhausted, seen.failed), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_next_one_waits_and_is_paid_for_as_any_other() {
    let (service, led) = inner::<Req, Res, Fault>();
    let budget = Budget::new(Ratio::ZERO).per_second(1).window(ms(2_000));
    let layer = steady().budget(budget);
    assert_eq!(layer.handle().snapshot().budget, 2);
    led.fail_readiness(Fault("down"));
    let start = Instant::now();
    let answer = tokio::spawn(layer.layer(service).oneshot(get()));
    for (due, code) in [(100, 503), (300, 200)] {
        led.next_call().await.respond(status(code));
        assert_eq!(start.elapsed(), ms(due));
    }
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    let seen = layer.handle().snapshot();
    assert_eq!((seen.attempts, seen.success, seen.budget), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_the_error_is_the_callers() {
    let (service, led) = inner::<Req, Res, Fault>();
    let mut service = steady().budget(Budget::new(Ratio::ZERO).per_second(0)).layer(service);
    led.fail_readiness(Fault("down"));
    assert_eq!(service.ready().await.unwrap_err(), Fault("down"));
    // It may be asked again.
    service.ready().await.unwrap();
}

/// As somebody does who balances between services.
#[tokio::test(start_paused = true)]
async fn however_often_somebody_asks_one_attempt_is_paid_for() {
    let (service, led) = inner::<Req, Res, Fault>();
    let budget = Budget::new(Ratio::ZERO).per_second(1).window(ms(2_000));
    let layer = steady().budget(budget);
    let mut service = layer.layer(service);
    for _ in 0..5 {
        led.fail_readiness(Fault("down"));
        service.ready().await.unwrap();
    }
    assert_eq!(layer.handle().snapshot().budget, 1);
}

type Boxed =
    Retry<palisade_core::test::Inner<Req, Res, BoxError>, palisade_retry::judge::BoxErrors>;

fn boxed() -> (Boxed, InnerHandle<Req, Res, BoxError>) {
    let (service, led) = inner();
    (eager(3).boxed().layer(service), led)
}

#[tokio::test(start_paused = true)]
async fn so_is_one_that_another_attempt_does_not_help() {
    let why = |reason| Rejection::new("inner", "", reason);
    let open = why(Reason::circuit_open(Cause::Forced, Micros::ZERO)).with_retry_after(ms(1));
    let busy = why(Reason::bulkhead_full(1));
    for error in [open, why(Reason::Expired), busy.with_retry_after(ms(60_001))] {
        let (mut service, led) = boxed();
        led.fail_readiness(error.into());
        assert!(service.ready().await.is_err(), "{error}");
    }
    let (mut service, led) = boxed();
    led.fail_readiness(busy.with_retry_after(ms(500)).into());
    let start = Instant::now();
    let answer = tokio::spawn(service.ready().await.unwrap().call(get()));
    led.next_call().await.respond(status(200));
    assert_eq!(start.elapsed(), ms(500), "what it asked for is waited for");
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
}
