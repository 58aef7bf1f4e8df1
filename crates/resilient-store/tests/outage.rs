//! What becomes of decisions while the store is away.

mod support;

use std::time::Duration;

use palisade_core::algorithm::{Op, Retry};
use palisade_core::store::{Outage, Source, Store, StoreError};
use palisade_core::{CallContext, Clock, Micros, per_hour, per_second};
use palisade_ratelimit::{FixedWindow, Gcra};
use palisade_resilient_store::{Instances, ResilientStore};
use support::{Fickle, Mode, ask, charge, fleet, passing, policy, seconds};
use tokio::time::{Instant, sleep};

/// A hundred, one at a time back within an hour.
fn hundred(outage: Outage) -> palisade_core::store::Policy {
    policy(Gcra::new(per_hour(100)), outage)
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_there_decides() {
    let store = ResilientStore::new(Fickle::new());
    let limit = hundred(Outage::Share);
    assert_eq!(ask(&store, &limit, "a").await, (true, Source::Store));
    assert!(!store.is_degraded());
    assert_eq!(store.get_ref().left(&limit, "a"), 99);
}

#[tokio::test(start_paused = true)]
async fn each_policy_has_its_own_way_through_an_outage() {
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 4).await;
    fickle.set(Mode::Gone);
    for (outage, expected, source) in [
        (Outage::Share, 25, Source::Share),
        (Outage::Local, 100, Source::Local),
        (Outage::Allow, 200, Source::Open),
    ] {
        let limit = hundred(outage).named(format!("{outage:?}").as_str().into());
        assert_eq!(passing(&fleet[0], &limit, "a", 200).await, expected, "{outage:?}");
        assert_eq!(ask(&fleet[0], &limit, "a").await, (outage == Outage::Allow, source));
    }
    let denied = fleet[0].execute(Op::Decide, vec![charge(&hundred(Outage::Deny), "a", 1)]).await;
    assert!(matches!(denied, Err(StoreError::NotSent(_))), "{denied:?}");
}

#[tokio::test(start_paused = true)]
async fn of_a_store_that_does_not_count_instances_each_keeps_the_limit_in_full() {
    let fickle = Fickle::new();
    fickle.set(Mode::Gone);
    let store = ResilientStore::new(fickle.clone());
    assert_eq!(ask(&store, &hundred(Outage::Share), "a").await, (true, Source::Local));
    let four = std::num::NonZeroU32::new(4).unwrap();
    let store = ResilientStore::new(fickle).instances(Instances::Fixed(four));
    assert_eq!(passing(&store, &hundred(Outage::Share), "a", 100).await, 25);
}

#[tokio::test(start_paused = true)]
async fn several_limits_are_one_decision_of_which_the_weakest_source_is_told() {
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 2).await;
    fickle.set(Mode::Gone);
    let named = |name: &str, outage, most| {
        policy(FixedWindow::new(per_hour(most)), outage).named(name.into())
    };
    let (share, local) = (named("share", Outage::Share, 2), named("local", Outage::Local, 100));
    let allow = named("allow", Outage::Allow, 1);
    let both = || vec![charge(&share, "a", 1), charge(&local, "a", 1)];
    let first = fleet[0].execute(Op::Decide, both()).await.unwrap();
    assert_eq!((first.allowed(), first.source), (true, Source::Local));
    let second = fleet[0].execute(Op::Decide, both()).await.unwrap();
    assert!(!second.allowed(), "a share of one is spent");
    assert_eq!(second.outcomes[1].remaining(), 99, "nothing is taken of the other");
    let all = vec![charge(&share, "b", 1), charge(&allow, "b", 5), charge(&local, "b", 1)];
    let all = fleet[0].execute(Op::Decide, all).await.unwrap();
    assert_eq!((all.allowed(), all.source, all.outcomes.len()), (true, Source::Open, 3));
    assert_eq!(all.outcomes[0].remaining(), 0);
    assert_eq!(all.outcomes[1].granted, 5);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_costs_the_budget_three_times_and_then_nothing() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone());
    let limit = hundred(Outage::Local);
    // The first health check is over.
    ask(&store, &limit, "a").await;
    sleep(seconds(1)).await;
    fickle.commands();
    fickle.set(Mode::Hung);
    for expected in [50, 50, 50, 0, 0] {
        let start = Instant::now();
        assert_eq!(ask(&store, &limit, "a").await, (true, Source::Local));
        assert_eq!(start.elapsed(), Duration::from_millis(expected));
    }
    assert_eq!(fickle.commands().len(), 3);
    assert!(store.is_degraded());
}

#[tokio::test(start_paused = true)]
async fn a_call_with_less_time_waits_no_longer_than_that() {
    let fickle = Fickle::new();
    fickle.set(Mode::Hung);
    let store = ResilientStore::new(fickle).budget(Duration::from_millis(30));
    let start = Instant::now();
    ask(&store, &hundred(Outage::Local), "a").await;
    assert_eq!(start.elapsed(), Duration::from_millis(30));
    let context = CallContext::default().with_deadline(Clock::tokio().now() + Micros(10_000));
    let start = Instant::now();
    context.scope(ask(&store, &hundred(Outage::Local), "a")).await;
    assert_eq!(start.elapsed(), Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn only_what_was_not_sent_is_sent_again_and_only_within_the_budget() {
    for (mode, budget, attempts) in [
        (Mode::Gone, 10_000, 3),
        (Mode::Gone, 50, 1),
        (Mode::Cut, 10_000, 1),
        (Mode::ReadOnly, 10_000, 1),
    ] {
        let fickle = Fickle::new();
        fickle.set(mode);
        let store = ResilientStore::new(fickle.clone())
            .budget(Duration::from_millis(budget))
            .config(unjittered());
        assert_eq!(ask(&store, &hundred(Outage::Local), "a").await.1, Source::Local);
        assert_eq!(fickle.commands().len(), attempts, "{mode:?} {budget}");
    }
}

/// Waits of 100 and 200 ms.
fn unjittered() -> palisade_resilient_store::ResilienceConfig {
    let mut config = palisade_resilient_store::ResilienceConfig::default();
    config.retry.use_jitter = false;
    config
}

#[tokio::test(start_paused = true)]
async fn what_a_store_refuses_counts_as_an_outage() {
    let fickle = Fickle::new();
    fickle.set(Mode::ReadOnly);
    let store = ResilientStore::new(fickle.clone());
    assert_eq!(passing(&store, &hundred(Outage::Local), "a", 10).await, 10);
    assert_eq!(fickle.commands().len(), 3, "then the breaker is open");
}

#[tokio::test(start_paused = true)]
async fn the_other_operations_are_stood_in_for_as_well() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone());
    let limit = policy(Gcra::new(per_second(10)), Outage::Local);
    ask(&store, &limit, "a").await;
    fickle.set(Mode::Gone);
    let run = |op, units| {
        let (store, limit) = (&store, &limit);
        async move {
            let answer = store.execute(op, vec![charge(limit, "a", units)]).await.unwrap();
            answer.outcomes[0]
        }
    };
    assert_eq!(run(Op::Decide, 0).await.remaining(), 9, "nine are left of the store's ten");
    assert_eq!(run(Op::Charge, 3).await.remaining(), 6);
    assert_eq!(run(Op::Refund, 1).await.remaining(), 7);
    assert_eq!(run(Op::Take, 9).await.granted, 7);
    assert_eq!(run(Op::Decide, 11).await.retry, Retry::Never);
}

#[tokio::test(start_paused = true)]
async fn keys_beyond_the_most_share_one_state_and_reset_none() {
    let fickle = Fickle::new();
    let mut config = palisade_resilient_store::ResilienceConfig::default();
    config.in_memory.max_entries = 1;
    let store = ResilientStore::new(fickle.clone()).config(config);
    let limit = hundred(Outage::Local);
    assert_eq!(passing(&store, &limit, "spent", 100).await, 100);
    fickle.set(Mode::Gone);
    let mut passed = 0;
    for key in 0..150 {
        passed += passing(&store, &limit, &format!("new {key}"), 1).await;
    }
    assert_eq!(passed, 100);
    assert_eq!(passing(&store, &limit, "spent", 5).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_is_dropped_holds_nobody_up() {
    let fickle = Fickle::new();
    fickle.set(Mode::Hung);
    let store = ResilientStore::new(fickle.clone());
    let limit = hundred(Outage::Local);
    for _ in 0..10 {
        let cut = tokio::time::timeout(Duration::from_millis(20), ask(&store, &limit, "a")).await;
        assert!(cut.is_err());
    }
    fickle.set(Mode::Up);
    assert_eq!(ask(&store, &limit, "a").await, (true, Source::Store));
}

#[test]
fn outside_of_a_runtime_it_decides_and_does_not_panic() {
    let store = ResilientStore::new(palisade_core::store::MemoryStore::new());
    let limit = hundred(Outage::Share);
    let mut future = std::pin::pin!(ask(&store, &limit, "a"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(decided) = future.as_mut().poll(&mut context) else {
        panic!("memory answers at once");
    };
    assert_eq!(decided, (true, Source::Store));
    assert!(store.health_checker().is_healthy());
}

#[tokio::test(start_paused = true)]
async fn without_the_store_it_is_still_the_store_s_time() {
    let fickle = Fickle::new();
    let here = palisade_core::ManualClock::at(Micros(1_000_000));
    let store = ResilientStore::new(fickle.clone()).clock(here.clock());
    let decide = || store.execute(Op::Decide, vec![charge(&hundred(Outage::Local), "a", 1)]);
    let there = decide().await.unwrap().now;
    assert_eq!(there, Clock::tokio().now());
    fickle.set(Mode::ReadOnly);
    here.advance(seconds(5));
    assert_eq!(decide().await.unwrap().now, there + Micros(5_000_000));
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_made_in_the_store_and_here_or_not_at_all() {
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone());
    let limit = hundred(Outage::Local);
    assert_eq!(passing(&store, &limit, "a", 100).await, 100);
    fickle.set(Mode::ReadOnly);
    let reset = || store.reset(vec![charge(&limit, "a", 0)]);
    assert!(matches!(reset().await, Err(StoreError::Rejected(_))));
    assert_eq!(passing(&store, &limit, "a", 1).await, 0);
    fickle.set(Mode::Up);
    reset().await.unwrap();
    fickle.set(Mode::Gone);
    assert_eq!(passing(&store, &limit, "a", 200).await, 100);
}
