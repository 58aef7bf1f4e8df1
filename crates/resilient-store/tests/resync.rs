//! What the store is told when it is back.

mod support;

use std::time::Duration;

use palisade_core::algorithm::Op;
use palisade_core::store::{Outage, Policy, Source, Store as _};
use palisade_core::{per_hour, per_second};
use palisade_ratelimit::{FixedWindow, Gcra, Shaper, SlidingLog, SlidingWindow};
use palisade_resilient_store::ResilientStore;
use support::{Fickle, Mode, ask, fleet, passing, policy, seconds};
use tokio::time::sleep;

fn limits() -> [Policy; 4] {
    let quota = per_hour(40);
    [
        policy(Gcra::new(quota), Outage::Share).named("bucket".into()),
        policy(FixedWindow::new(quota), Outage::Share).named("fixed".into()),
        policy(SlidingWindow::new(quota), Outage::Share).named("sliding".into()),
        policy(SlidingLog::new(quota), Outage::Share).named("log".into()),
    ]
}

/// Makes one failure of it, and the store is there again.
async fn blip(fickle: &Fickle, store: &ResilientStore<Fickle>, limit: &Policy, calls: u32) -> u32 {
    fickle.set(Mode::Gone);
    let passed = passing(store, limit, "a", calls).await;
    fickle.set(Mode::Up);
    passed
}

#[tokio::test(start_paused = true)]
async fn what_was_granted_here_is_charged_there_once() {
    for limit in limits() {
        let fickle = Fickle::new();
        let fleet = fleet(&fickle, 2).await;
        assert_eq!(passing(&fleet[0], &limit, "a", 10).await, 10);
        assert_eq!(blip(&fickle, &fleet[0], &limit, 2).await, 2);
        assert_eq!(fickle.left(&limit, "a"), 30, "it does not know");
        fickle.commands();

        assert_eq!(ask(&fleet[0], &limit, "a").await, (true, Source::Store));
        assert_eq!(fickle.left(&limit, "a"), 27, "{:?}: two and one more", limit.name());
        let told: Vec<_> = fickle.commands();
        assert_eq!(told, [(Op::Raise, vec![10]), (Op::Charge, vec![2]), (Op::Decide, vec![1])]);
        ask(&fleet[0], &limit, "a").await;
        assert_eq!(fickle.commands(), [(Op::Decide, vec![1])]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_has_lost_its_memory_is_told_what_it_knew() {
    for limit in limits() {
        let fickle = Fickle::new();
        let fleet = fleet(&fickle, 2).await;
        assert_eq!(passing(&fleet[0], &limit, "a", 20).await, 20);
        fickle.lose();
        assert_eq!(blip(&fickle, &fleet[0], &limit, 1).await, 1);
        assert_eq!(passing(&fleet[0], &limit, "a", 100).await, 19, "{:?}", limit.name());
        assert_eq!(passing(&fleet[1], &limit, "a", 100).await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_charged_is_not_charged_again() {
    let limit = policy(FixedWindow::new(per_hour(40)), Outage::Share);
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 2).await;
    fickle.set(Mode::Ghost);
    assert_eq!(passing(&fleet[0], &limit, "a", 2).await, 2);
    fickle.set(Mode::Up);
    assert_eq!(fickle.left(&limit, "a"), 38, "it was, after all");
    ask(&fleet[0], &limit, "a").await;
    assert_eq!(fickle.left(&limit, "a"), 37);
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_connection_may_have_charged_is_not_charged_again_either() {
    let limit = policy(FixedWindow::new(per_hour(40)), Outage::Share);
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 2).await;
    fickle.set(Mode::Cut);
    assert_eq!(passing(&fleet[0], &limit, "a", 2).await, 2);
    fickle.set(Mode::Up);
    fickle.commands();
    ask(&fleet[0], &limit, "a").await;
    assert_eq!(fickle.commands(), [(Op::Decide, vec![1])]);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_still_outstanding_is_charged() {
    let limit = policy(Gcra::new(per_second(10).burst(20)), Outage::Share);
    // Of two fifths of a second: less than half, and nothing.
    for (after, charged) in [(250, Some((Op::Charge, vec![1]))), (500, None)] {
        let fickle = Fickle::new();
        let fleet = fleet(&fickle, 2).await;
        assert_eq!(blip(&fickle, &fleet[0], &limit, 2).await, 2);
        sleep(Duration::from_millis(after)).await;
        fickle.commands();
        ask(&fleet[0], &limit, "a").await;
        let expected: Vec<_> = charged.into_iter().chain([(Op::Decide, vec![1])]).collect();
        assert_eq!(fickle.commands(), expected, "rounded up");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_told_of_all_who_wait_in_it() {
    let limit = policy(Shaper::new(per_second(10)), Outage::Local);
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 2).await;
    fickle.set(Mode::Gone);
    let five = vec![support::charge(&limit, "a", 5)];
    assert!(fleet[0].execute(Op::Decide, five).await.unwrap().allowed());
    fickle.set(Mode::Up);
    fickle.commands();
    ask(&fleet[0], &limit, "a").await;
    assert_eq!(fickle.commands()[0], (Op::Charge, vec![5]));
}

#[tokio::test(start_paused = true)]
async fn while_one_caller_tells_the_store_the_others_of_the_key_are_decided_here() {
    let limit = policy(Gcra::new(per_hour(40)), Outage::Share);
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 2).await;
    assert_eq!(blip(&fickle, &fleet[0], &limit, 2).await, 2);
    fickle.set(Mode::Slow(5));
    let (store, shared) = (fleet[0].clone(), limit.clone());
    let telling = tokio::spawn(async move { ask(&store, &shared, "a").await });
    sleep(Duration::from_millis(2)).await;
    assert_eq!(ask(&fleet[0], &limit, "a").await, (true, Source::Share));
    assert_eq!(ask(&fleet[0], &limit, "b").await, (true, Source::Store), "another key");
    assert_eq!(telling.await.unwrap(), (true, Source::Store));
    assert_eq!(fickle.left(&limit, "a"), 37, "the one between is not told yet");

    // What came between is told without anybody being held up.
    let both = tokio::join!(ask(&fleet[0], &limit, "a"), ask(&fleet[0], &limit, "a"));
    assert_eq!(both, ((true, Source::Store), (true, Source::Store)));
    assert_eq!(fickle.left(&limit, "a"), 34);
}

#[tokio::test(start_paused = true)]
async fn a_charge_that_was_surely_not_made_is_made_later_and_a_doubtful_one_is_not() {
    for (mode, left) in [(Mode::Gone, 36), (Mode::ReadOnly, 36), (Mode::Cut, 39)] {
        let limit = policy(FixedWindow::new(per_hour(40)), Outage::Share);
        let fickle = Fickle::new();
        let fleet = fleet(&fickle, 2).await;
        assert_eq!(blip(&fickle, &fleet[0], &limit, 2).await, 2);
        // The key was never seen, so the charge is what is sent first.
        fickle.set(mode);
        ask(&fleet[0], &limit, "a").await;
        fickle.set(Mode::Up);
        sleep(seconds(12)).await;
        ask(&fleet[0], &limit, "a").await;
        // Of a doubtful one it is taken that it was made; the third was not sent.
        let left = if mode == Mode::Cut { left - 1 } else { left };
        assert_eq!(fickle.left(&limit, "a"), left, "{mode:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_drops_a_decision_that_tells_the_store_leaves_nobody_waiting() {
    let limit = policy(FixedWindow::new(per_hour(40)), Outage::Share);
    for after in [1, 6, 11] {
        let fickle = Fickle::new();
        let fleet = fleet(&fickle, 2).await;
        assert_eq!(passing(&fleet[0], &limit, "a", 10).await, 10);
        assert_eq!(blip(&fickle, &fleet[0], &limit, 2).await, 2);
        fickle.set(Mode::Slow(5));
        let cut = Duration::from_millis(after);
        assert!(tokio::time::timeout(cut, ask(&fleet[0], &limit, "a")).await.is_err());
        fickle.set(Mode::Up);
        assert_eq!(ask(&fleet[0], &limit, "a").await, (true, Source::Store));
        // Dropped before the charge was sent it is made after all; later it counts as made.
        let left = if after == 6 { 29 } else { 27 };
        assert_eq!(fickle.left(&limit, "a"), left, "after {after} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_nobody_asks_for_are_told_of_as_well() {
    let limit = policy(FixedWindow::new(per_hour(40)), Outage::Share);
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 2).await;
    fickle.set(Mode::Gone);
    for key in 0..250 {
        assert_eq!(passing(&fleet[0], &limit, &format!("{key}"), 2).await, 2);
    }
    fickle.set(Mode::Up);
    sleep(seconds(12)).await;
    assert!(fleet[0].is_degraded(), "half-open, until somebody asks");
    assert_eq!(passing(&fleet[0], &limit, "another", 2).await, 2);
    let told = || {
        let charges = fickle.commands().into_iter().filter(|(op, _)| *op == Op::Charge);
        charges.count()
    };
    told();
    sleep(Duration::from_millis(1_100)).await;
    assert_eq!(told(), 100, "so many a second");
    sleep(seconds(3)).await;
    assert_eq!(told(), 150);
    assert_eq!((fickle.left(&limit, "0"), fickle.left(&limit, "249")), (38, 38));
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_before_the_instances_were_counted_is_told_in_full() {
    let fickle = Fickle::new();
    fickle.set(Mode::Gone);
    let limit = policy(Gcra::new(per_hour(100)), Outage::Share);
    let instance = |id| ResilientStore::new(fickle.clone()).instance(id);
    let both = [instance(1), instance(2)];
    for store in &both {
        assert_eq!(passing(store, &limit, "a", 20).await, 20);
    }
    fickle.set(Mode::Up);
    sleep(seconds(15)).await;
    for store in &both {
        assert_eq!(store.portion().map(|portion| portion.instances().get()), Some(2));
        // The breaker closes, and all is told.
        ask(store, &limit, "b").await;
        ask(store, &limit, "b").await;
        ask(store, &limit, "a").await;
    }
    assert_eq!(fickle.left(&limit, "a"), 100 - 2 * 20 - 2);
}
