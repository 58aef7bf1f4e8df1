//! Layers that ask a store: what becomes of a call whose store fails, is silent, or panics.

use std::time::Duration;

use palisade::{
    Clock,
    algorithm::{Op, Outcome},
    prelude::*,
    store::{Answer, AnyStore, Charge, MemoryStore, Source, Store, StoreError},
    test::ready,
};

use crate::published::series;
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

/// What becomes of the first call of a limit in a store under an outage: its status, and who decided.
type Row = (AnyStore, Outage, u16, Option<Source>);

fn rows() -> Vec<Row> {
    let memory = || AnyStore::new(MemoryStore::new());
    let mut rows = vec![
        (memory(), Outage::Deny, 200, Some(Source::Store)),
        (AnyStore::new(Slow), Outage::Deny, 200, Some(Source::Store)),
    ];
    for store in [AnyStore::new(Silent), AnyStore::new(Broken)] {
        rows.push((store.clone(), Outage::Share, 200, Some(Source::Local)));
        rows.push((store.clone(), Outage::Local, 200, Some(Source::Local)));
        rows.push((store.clone(), Outage::Allow, 200, Some(Source::Open)));
        rows.push((store, Outage::Deny, 503, None));
    }
    rows
}

/// The series of decisions of the limit of this name, by source.
fn decisions(name: &str) -> Vec<(String, f64)> {
    let all = series("ratelimit", name).into_iter();
    all.filter(|(metric, _)| metric.starts_with("palisade_ratelimit_decisions_total")).collect()
}

#[tokio::test(start_paused = true)]
async fn who_decided_is_told_by_answers_counts_and_series() {
    for (at, (store, outage, status, source)) in rows().into_iter().enumerate() {
        let name = format!("decided-{at}");
        let layer = RateLimitLayer::new(per_day(1)).name(&name).store(store).on_outage(outage);
        let count = |of: Source| f64::from(u8::from(Some(of) == source));
        let expected = |count: &dyn Fn(Source) -> f64| {
            let series = Source::ALL.map(|of| {
                let metric = "palisade_ratelimit_decisions_total";
                (format!("{metric}{{source={}}}", of.label()), count(of))
            });
            let mut series = Vec::from(series);
            series.sort_by(|a, b| a.0.cmp(&b.0));
            series
        };
        assert_eq!(decisions(&name), expected(&|_| 0.0), "they are there from the start");
        let answer = call(&layer, ready::<Req, Res>(ok()), get()).await.unwrap();
        assert_eq!(answer.status(), status, "{name}: {outage:?}");
        assert_eq!(answer.extensions().get::<Source>(), source.as_ref(), "{name}: {outage:?}");
        assert_eq!(decisions(&name), expected(&count), "{name}: {outage:?}");
    }
    let layer = RateLimitLayer::new(per_day(1)).name("decided-by-none");
    call(&layer, ready::<Req, Res>(ok()), get()).await.unwrap();
    assert_eq!(decisions("decided-by-none"), [], "without a store there are none");
}

#[tokio::test(start_paused = true)]
async fn a_limiter_does_with_a_store_what_a_layer_does() {
    for (store, outage, status, source) in rows() {
        let limiter = RateLimiter::new(per_day(1)).in_store(store).on_outage(outage);
        let start = tokio::time::Instant::now();
        let decision = limiter.check().await;
        assert!(start.elapsed() <= Duration::from_millis(51), "{:?}", start.elapsed());
        let told = match decision {
            Ok(decision) => (200, decision.source),
            Err(why) => (why.status().as_u16(), why.decider()),
        };
        assert_eq!(told, (status, source), "{outage:?}");
        let snapshot = limiter.handle().snapshot();
        assert_eq!(snapshot.passed + snapshot.rejected, 1);
        assert_eq!(snapshot.store_errors, u64::from(source != Some(Source::Store)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_panics_leaks_nothing_of_a_limiter() {
    let limiter = RateLimiter::new(per_day(1)).in_store(Panicking);
    let handle = limiter.handle();
    let panicked = tokio::spawn(async move { limiter.check().await });
    assert!(panicked.await.unwrap_err().is_panic());
    assert_eq!(handle.snapshot().in_flight, 0);
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
