//! Layers that ask a store: what becomes of a call whose store fails, is silent, or panics.

use std::time::Duration;

use palisade::{
    Clock,
    algorithm::{Op, Outcome},
    prelude::*,
    store::{Answer, Charge, Source, Store, StoreError},
    test::ready,
};

use crate::support::{DELAY, Req, Res, call, get, ok};

/// Lets every call pass, after [`DELAY`].
pub(crate) struct Slow;

impl Store for Slow {
    async fn execute(&self, _: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        tokio::time::sleep(DELAY).await;
        let outcomes = charges.iter().map(|charge| Outcome::passed(charge.units)).collect();
        Ok(Answer { outcomes, now: Clock::default().now(), source: Source::Store })
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
