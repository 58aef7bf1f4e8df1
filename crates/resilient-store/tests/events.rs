//! What is said of an outage.

#![cfg(feature = "tracing")]

mod support;

use palisade_core::per_hour;
use palisade_core::store::Outage;
use palisade_core::test::Lines;
use palisade_ratelimit::Gcra;
use palisade_resilient_store::ResilientStore;
use support::{Fickle, Mode, passing, policy, seconds};
use tokio::time::sleep;
use tracing::{Level, subscriber};

#[tokio::test(start_paused = true)]
async fn each_change_is_one_line_however_many_calls_see_it() {
    let lines = Lines::default();
    let _here = subscriber::set_default(lines.clone());
    let fickle = Fickle::new();
    let store = ResilientStore::new(fickle.clone()).name("limits");
    let limit = policy(Gcra::new(per_hour(10_000)), Outage::Local);
    passing(&store, &limit, "a", 100).await;
    sleep(seconds(1)).await;
    assert_eq!(lines.of(Level::WARN).len(), 0);

    fickle.set(Mode::Gone);
    passing(&store, &limit, "a", 100).await;
    sleep(seconds(60)).await;
    passing(&store, &limit, "a", 100).await;
    let warnings = lines.of(Level::WARN);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("circuit"), "{warnings:?}");
    assert!(warnings[1].contains("the store is away"), "{warnings:?}");

    fickle.set(Mode::Up);
    sleep(seconds(2)).await;
    passing(&store, &limit, "a", 100).await;
    let told = lines.of(Level::INFO);
    assert_eq!(told.len(), 3, "back, half-open, closed: {told:?}");
}
