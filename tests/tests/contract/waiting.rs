//! Layers that may wait before they call: here a limit that is kept in a store which takes its
//! time. While they wait they hold nothing of the inner service, and after it they ready and call a
//! clone.

use std::time::Duration;

use palisade::{
    Clock,
    algorithm::{Op, Outcome},
    prelude::*,
    store::{Answer, Charge, Store, StoreError},
    test::{Probe, after, count_polls, drop_at_every_await, ready},
};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt};

use crate::support::{Fault, Req, Res, call, get, led, ok};

const DELAY: Duration = Duration::from_millis(20);

/// Lets every call pass, after [`DELAY`].
struct Slow;

impl Store for Slow {
    async fn execute(&self, _: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        tokio::time::sleep(DELAY).await;
        let outcomes = charges.iter().map(|charge| Outcome::passed(charge.units)).collect();
        Ok(Answer { outcomes, now: Clock::default().now() })
    }
}

/// Never answers.
struct Silent;

impl Store for Silent {
    async fn execute(&self, _: Op, _: Vec<Charge>) -> Result<Answer, StoreError> {
        std::future::pending().await
    }
}

/// Fails after [`DELAY`].
struct Broken;

impl Store for Broken {
    async fn execute(&self, _: Op, _: Vec<Charge>) -> Result<Answer, StoreError> {
        tokio::time::sleep(DELAY).await;
        Err(StoreError::NotSent("no route".into()))
    }
}

/// Panics.
struct Panicking;

impl Store for Panicking {
    async fn execute(&self, _: Op, _: Vec<Charge>) -> Result<Answer, StoreError> {
        panic!("in the store")
    }
}

fn slow() -> RateLimitLayer {
    RateLimitLayer::new(per_day(1)).store(Slow)
}

#[tokio::test(start_paused = true)]
async fn nothing_of_the_inner_service_is_held_while_a_layer_waits() {
    let (inner, handle, probe) = led();
    handle.allow(1);
    let mut other = inner.clone();
    let layer = slow();
    let mut service = layer.layer(inner);
    let mut answer = task::spawn(service.ready().await.unwrap().call(get()));
    assert_pending!(answer.poll());

    assert_eq!(probe.counts().unused, 1, "the readied instance is given up");
    assert_ready_ok!(task::spawn(other.ready()).poll(), "and somebody else may be ready");
    drop(other);

    tokio::time::advance(DELAY).await;
    assert_pending!(answer.poll());
    handle.try_next_call().expect("called after the wait").respond(ok());
    assert_eq!(assert_ready_ok!(answer.poll()).status(), 200);
    assert_eq!((probe.counts().calls, probe.counts().violations), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn after_the_wait_a_layer_waits_for_the_inner_service_to_be_ready() {
    let (inner, handle, probe) = led();
    let layer = slow();
    let mut service = layer.layer(inner);
    let mut answer = task::spawn(service.ready().await.unwrap().call(get()));
    assert_pending!(answer.poll());
    handle.hold();
    tokio::time::advance(DELAY).await;
    assert_pending!(answer.poll());
    assert!(handle.is_awaited() && handle.try_next_call().is_none());

    handle.open();
    assert!(answer.is_woken());
    assert_pending!(answer.poll());
    handle.try_next_call().expect("called when it was ready").respond(ok());
    assert_ready_ok!(answer.poll());
    assert_eq!(probe.counts().violations, 0);
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_that_fails_to_be_ready_after_the_wait_fails_the_call() {
    let (inner, handle, _) = led();
    let mut service = slow().layer(inner);
    let answer = service.ready().await.unwrap().call(get());
    handle.fail_readiness(Fault("gone"));
    assert_eq!(answer.await.unwrap_err(), Fault("gone"));
}

#[tokio::test(start_paused = true)]
async fn the_service_can_be_called_again_while_a_call_waits() {
    let inner = Probe::new(ready(ok()));
    let probe = inner.handle();
    let mut service = slow().layer(inner);
    let first = service.ready().await.unwrap().call(get());
    let second = service.ready().await.unwrap().call(get());
    let (first, second) = tokio::join!(first, second);

    assert_eq!((first.unwrap().status().as_u16(), second.unwrap().status().as_u16()), (200, 200));
    assert_eq!((probe.counts().calls, probe.counts().violations), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_during_the_wait_leaves_nothing_behind() {
    let layer = slow();
    let handle = layer.handle();
    let inner = Probe::new(after(1, ok()));
    let probe = inner.handle();
    let mut drops = 0;
    let polls = drop_at_every_await(
        || layer.layer(inner.clone()).oneshot(get()),
        |_| {
            drops += 1;
            assert_eq!((probe.counts().in_flight, handle.snapshot().in_flight), (0, 0));
        },
    )
    .await;

    // One poll begins the wait, one ends it and calls, one answers.
    assert_eq!((polls, drops), (3, 6));
    let seen = handle.snapshot();
    assert_eq!((seen.abandoned, seen.passed), (2, 3), "dropped in the wait, and after it");
}

#[tokio::test(start_paused = true)]
async fn a_call_in_the_wait_is_in_flight() {
    let layer = slow();
    let answer = tokio::spawn(call(&layer, ready::<Req, Res>(ok()), get()));
    tokio::task::yield_now().await;
    assert_eq!(layer.handle().snapshot().in_flight, 1);
    answer.await.unwrap().unwrap();
    assert_eq!((layer.handle().snapshot().in_flight, layer.handle().snapshot().passed), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_wait_takes_few_polls() {
    let (_, polls) = count_polls(call(&slow(), ready::<Req, Res>(ok()), get())).await;
    assert!(polls.polls <= 3 && polls.wakes <= 2, "{polls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_panics_leaks_nothing() {
    let layer = RateLimitLayer::new(per_day(1)).store(Panicking);
    let panicked = tokio::spawn(call(&layer, ready::<Req, Res>(ok()), get()));
    assert!(panicked.await.unwrap_err().is_panic());
    assert_eq!(layer.handle().snapshot().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_not_waited_for() {
    for (outage, statuses) in
        [(Outage::Local, [200, 429]), (Outage::Allow, [200, 200]), (Outage::Deny, [503, 503])]
    {
        let stores = [
            RateLimitLayer::new(per_day(1)).store(Silent),
            RateLimitLayer::new(per_day(1)).store(Broken),
        ];
        for layer in stores {
            let layer = layer.on_outage(outage);
            for status in statuses {
                let start = tokio::time::Instant::now();
                let answer = call(&layer, ready::<Req, Res>(ok()), get()).await.unwrap();
                assert_eq!(answer.status(), status, "{outage:?}");
                assert!(start.elapsed() <= Duration::from_millis(51), "{:?}", start.elapsed());
            }
            assert_eq!(layer.handle().snapshot().store_errors, 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_without_its_store_refuses_nothing() {
    let layer = RateLimitLayer::new(per_day(1)).store(Broken).on_outage(Outage::Deny);
    let layer = layer.enforce(Ratio::ZERO);
    let answer = call(&layer, ready::<Req, Res>(ok()), get()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(layer.handle().snapshot().shadowed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_layer_does_not_ask_its_store() {
    let layer = RateLimitLayer::new(per_day(1)).store(Panicking).enabled(false);
    let answer = call(&layer, ready::<Req, Res>(ok()), get()).await.unwrap();
    assert_eq!(answer.status(), 200);
}
#[tokio::test(start_paused = true)]
async fn a_layer_that_is_switched_off_while_a_call_waits_lets_it_pass() {
    let layer = RateLimitLayer::new(per_day(1)).store(Broken);
    let answer = tokio::spawn(call(&layer, ready::<Req, Res>(ok()), get()));
    tokio::task::yield_now().await;
    layer.handle().set_enabled(false);
    let answer = answer.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200, "{:?}", answer.extensions().get::<Rejection>());
}
