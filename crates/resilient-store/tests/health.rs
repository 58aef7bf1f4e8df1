//! How it is found out that a store is away, and back.

mod support;

use std::time::Duration;

use palisade_breaker::State;
use palisade_core::per_hour;
use palisade_core::store::{Outage, Source};
use palisade_ratelimit::Gcra;
use palisade_resilient_store::ResilientStore;
use support::{Fickle, Mode, ask, policy, seconds};
use tokio::time::{Instant, sleep};

fn limit() -> palisade_core::store::Policy {
    policy(Gcra::new(per_hour(1_000)), Outage::Local)
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_checks_is_not_asked() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone());
    let health = store.health_checker();
    ask(&store, &limit(), "a").await;
    fickle.set_deaf(true);
    sleep(seconds(6)).await;
    assert!(!health.is_healthy());
    fickle.commands();
    assert_eq!(ask(&store, &limit(), "a").await, (true, Source::Local));
    assert_eq!(fickle.commands(), []);
    fickle.set_deaf(false);
    sleep(seconds(1)).await;
    assert!(health.is_healthy(), "it is asked once a second while it is away");
    assert_eq!(ask(&store, &limit(), "a").await, (true, Source::Store));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_takes_too_long_has_failed() {
    let fickle = Fickle::new();
    fickle.set(Mode::Hung);
    let store = ResilientStore::new(fickle);
    ask(&store, &limit(), "a").await;
    sleep(Duration::from_millis(400)).await;
    assert!(store.health_checker().is_healthy());
    sleep(Duration::from_millis(100)).await;
    assert!(!store.health_checker().is_healthy());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_checks_only_is_asked_all_the_same() {
    let fickle = Fickle::new();
    fickle.set(Mode::ReadOnly);
    let store = ResilientStore::new(fickle.clone());
    ask(&store, &limit(), "a").await;
    sleep(seconds(1)).await;
    assert!(!store.health_checker().is_healthy());
    fickle.set(Mode::Up);
    assert_eq!(ask(&store, &limit(), "a").await, (true, Source::Store));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_back_is_asked_long_before_the_breaker_would() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone());
    let circuit = store.circuit_breaker().handle();
    ask(&store, &limit(), "a").await;
    sleep(seconds(1)).await;
    fickle.set(Mode::Gone);
    for _ in 0..3 {
        ask(&store, &limit(), "a").await;
    }
    assert_eq!(circuit.snapshot().state, State::Open);
    sleep(Duration::from_millis(1_500)).await;
    let start = Instant::now();
    fickle.set(Mode::Up);
    while ask(&store, &limit(), "a").await.1 != Source::Store {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(start.elapsed() <= seconds(1), "{:?}", start.elapsed());
    assert_eq!(circuit.snapshot().state, State::HalfOpen, "one real decision is not enough");
    ask(&store, &limit(), "a").await;
    assert_eq!(circuit.snapshot().state, State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_checks_and_nothing_else_is_not_tried_with_each_of_them() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone());
    ask(&store, &limit(), "a").await;
    store.circuit_breaker().handle().force_close();
    let circuit = store.circuit_breaker();
    for _ in 0..3 {
        circuit.record_failure().await;
    }
    let mut tried = 0;
    for _ in 0..60 {
        sleep(seconds(1)).await;
        if circuit.allow_request().await {
            tried += 1;
            circuit.record_failure().await;
        }
    }
    assert!((5..=7).contains(&tried), "once at once, then every ten seconds: {tried}");
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_for_the_store_before_it_is_used_and_after_its_last_clone() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone());
    sleep(seconds(60)).await;
    assert_eq!(fickle.heartbeats(), 0);
    let clone = store.clone();
    ask(&store, &limit(), "a").await;
    drop(store);
    sleep(seconds(60)).await;
    let heartbeats = fickle.heartbeats();
    assert!((12..=15).contains(&heartbeats), "{heartbeats}");
    drop(clone);
    sleep(seconds(60)).await;
    assert_eq!(fickle.heartbeats(), heartbeats);
}

#[test]
fn the_watch_goes_on_in_another_runtime_when_its_own_has_ended() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone());
    for round in 1..=2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            ask(&store, &limit(), "a").await;
            tokio::task::yield_now().await;
        });
        assert_eq!(fickle.heartbeats(), round);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_by_hand_that_is_forgotten_wedges_nothing() {
    let store = ResilientStore::new(Fickle::new());
    let circuit = store.circuit_breaker();
    for _ in 0..3 {
        assert!(circuit.allow_request().await);
        circuit.record_failure().await;
    }
    assert!(!circuit.allow_request().await);
    sleep(seconds(12)).await;
    assert!(circuit.allow_request().await, "a probe, whose end nobody tells");
    assert!(!circuit.allow_request().await);
    sleep(seconds(11)).await;
    for _ in 0..2 {
        assert!(circuit.allow_request().await);
        circuit.record_success().await;
    }
    assert_eq!(circuit.handle().snapshot().state, State::Closed);
}
