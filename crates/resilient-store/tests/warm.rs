//! What an outage begins with.

mod support;

use palisade_core::store::{Outage, Policy, Source};
use palisade_core::{per_hour, per_minute};
use palisade_ratelimit::{FixedWindow, Gcra, SlidingLog, SlidingWindow};
use support::{Fickle, Mode, ask, fleet, passing, policy, seconds};
use tokio::time::sleep;

/// Forty an hour, in each way to count.
fn limits(outage: Outage) -> [Policy; 4] {
    let quota = per_hour(40);
    [
        policy(Gcra::new(quota), outage).named("bucket".into()),
        policy(FixedWindow::new(quota), outage).named("fixed".into()),
        policy(SlidingWindow::new(quota), outage).named("sliding".into()),
        policy(SlidingLog::new(quota), outage).named("log".into()),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_outage_hands_nobody_a_full_limit() {
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 4).await;
    for limit in limits(Outage::Share) {
        assert_eq!(passing(&fleet[0], &limit, "a", 20).await, 20);
        assert_eq!(passing(&fleet[1], &limit, "spent", 40).await, 40);
    }
    fickle.set(Mode::Gone);
    for limit in limits(Outage::Share) {
        let name = limit.name();
        assert_eq!(passing(&fleet[0], &limit, "a", 100).await, 5, "{name:?}: a quarter of 20");
        assert_eq!(passing(&fleet[1], &limit, "spent", 100).await, 0, "{name:?}");
        assert_eq!(passing(&fleet[2], &limit, "new", 100).await, 10, "{name:?}: a quarter of 40");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_divided_evenly_is_divided_all_the_same() {
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 3).await;
    let limit = policy(FixedWindow::new(per_hour(10)), Outage::Share);
    fickle.set(Mode::Gone);
    let mut parts = Vec::new();
    for store in &fleet {
        parts.push(passing(store, &limit, "a", 100).await);
    }
    assert_eq!(parts, [4, 3, 3]);
}

#[tokio::test(start_paused = true)]
async fn each_instance_refills_at_its_part_of_the_rate() {
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 4).await;
    let limit = policy(Gcra::new(per_minute(60)), Outage::Share);
    assert_eq!(passing(&fleet[0], &limit, "a", 60).await, 60);
    fickle.set(Mode::Gone);
    assert_eq!(ask(&fleet[0], &limit, "a").await, (false, Source::Share));
    sleep(seconds(4)).await;
    assert_eq!(passing(&fleet[0], &limit, "a", 10).await, 1);
    sleep(seconds(40)).await;
    assert_eq!(passing(&fleet[0], &limit, "a", 100).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_second_outage_begins_with_what_the_store_said_between() {
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 2).await;
    let limit = policy(FixedWindow::new(per_hour(40)), Outage::Share);
    fickle.set(Mode::Gone);
    assert_eq!(passing(&fleet[0], &limit, "a", 6).await, 6);
    fickle.set(Mode::Up);
    sleep(seconds(12)).await;
    assert_eq!(passing(&fleet[0], &limit, "a", 14).await, 14, "and six before: half of it");
    fickle.set(Mode::Gone);
    assert_eq!(passing(&fleet[0], &limit, "a", 100).await, 10, "half of what is left");
}

#[tokio::test(start_paused = true)]
async fn a_second_outage_goes_on_where_the_first_ended_if_nobody_asked_between() {
    let fickle = Fickle::new();
    let fleet = fleet(&fickle, 2).await;
    let limit = policy(Gcra::new(per_hour(40)), Outage::Share);
    fickle.set(Mode::Gone);
    assert_eq!(passing(&fleet[0], &limit, "a", 100).await, 20);
    for _ in 0..3 {
        fickle.set(Mode::Up);
        // Too short for anybody to look.
        sleep(std::time::Duration::from_millis(1)).await;
        fickle.set(Mode::Gone);
        assert_eq!(passing(&fleet[0], &limit, "a", 100).await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_the_store_leaves_unanswered_are_held_to_the_share_as_well() {
    for mode in [Mode::Hung, Mode::Cut, Mode::Gone] {
        let fickle = Fickle::new();
        let mut config = palisade_resilient_store::ResilienceConfig::default();
        config.circuit_breaker.failure_threshold = 1_000;
        config.health_check.check_interval = seconds(3_600);
        let store = palisade_resilient_store::ResilientStore::new(fickle.clone()).config(config);
        let limit = policy(FixedWindow::new(per_hour(40)), Outage::Local);
        assert_eq!(passing(&store, &limit, "a", 30).await, 30);
        sleep(seconds(1)).await;
        fickle.set(mode);
        assert_eq!(passing(&store, &limit, "a", 30).await, 10, "{mode:?}");
        assert!(!store.is_degraded(), "each of them has asked the store");
    }
}
