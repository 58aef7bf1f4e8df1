//! Which instances there are.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use palisade_core::store::Store;
use palisade_core::{ManualClock, Micros};
use palisade_redis::RedisStore;
use palisade_test_server::Server;
use std::time::Duration;

/// Which of how many the instance is.
async fn beat(store: &RedisStore, instance: u64) -> (u32, u32) {
    let portion = store.heartbeat(instance).await.unwrap().unwrap();
    (portion.rank(), portion.instances().get())
}

#[tokio::test]
async fn instances_are_counted_in_the_order_of_their_numbers() {
    let server = Server::start();
    let store = support::store(server.url());
    assert_eq!(beat(&store, 20).await, (0, 1));
    assert_eq!(beat(&store, u64::MAX).await, (1, 2));
    assert_eq!(beat(&store, 3).await, (0, 3));
    assert_eq!(beat(&store, 20).await, (1, 3));
    assert_eq!(beat(&store, u64::MAX).await, (2, 3));
    let other = store.prefix("other").unwrap();
    assert_eq!(beat(&other, 20).await, (0, 1), "another prefix is another fleet");
}

#[tokio::test]
async fn an_instance_that_says_nothing_for_15_s_is_none() {
    let server = Server::start();
    let clock = ManualClock::at(Micros(1_767_268_800_000_000));
    let store = support::store(server.url()).at(clock.clock());
    assert_eq!(beat(&store, 1).await, (0, 1));
    clock.advance(Duration::from_millis(14_999));
    assert_eq!(beat(&store, 2).await, (1, 2));
    clock.advance(Duration::from_millis(1));
    assert_eq!(beat(&store, 2).await, (0, 1));
}

#[tokio::test]
async fn an_instance_of_a_clock_that_stepped_back_is_given_up_in_time() {
    let server = Server::start();
    let start = Micros(1_767_268_800_000_000);
    let clock = ManualClock::at(start);
    let store = support::store(server.url()).at(clock.clock());
    clock.advance(Duration::from_secs(86_400));
    beat(&store, 1).await;
    clock.set(start);
    assert_eq!(beat(&store, 2).await, (1, 2));
    clock.advance(Duration::from_secs(15));
    assert_eq!(beat(&store, 2).await, (0, 1));
}
