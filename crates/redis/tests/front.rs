//! What the store answers by itself, on a real server.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::time::Duration;

use palisade_core::algorithm::Op;
use palisade_core::per_hour;
use palisade_core::store::{Charge, Source};
use palisade_ratelimit::Gcra;
use palisade_redis::RedisStore;
use palisade_test_server::Server;

use self::support::{charge, passes, run, store};

const HOUR: Duration = Duration::from_secs(3600);

fn limit(most: u32) -> Vec<Charge> {
    vec![charge("alice", "login", Gcra::new(per_hour(most)))]
}

/// How many scripts the server has run.
fn scripts(server: &Server) -> u64 {
    let calls = server.info("commandstats", "cmdstat_evalsha").unwrap_or_default();
    let calls = calls.split(['=', ',']).nth(1).unwrap_or("0");
    calls.parse().unwrap()
}

async fn source(store: &RedisStore, charges: &[Charge]) -> Source {
    run(store, Op::Decide, charges).await.unwrap().source
}

#[tokio::test]
async fn the_server_is_not_asked_again_for_what_it_has_just_refused() {
    let server = Server::start();
    let store = store(server.url());
    let limit = limit(1);
    assert!(passes(&store, &limit).await);
    assert_eq!(source(&store, &limit).await, Source::Store);
    let asked = scripts(&server);
    for _ in 0..10 {
        assert!(!passes(&store, &limit).await);
    }
    assert_eq!(source(&store, &limit).await, Source::Cache);
    // A refusal is remembered for a second, and a machine may be slow.
    assert!(scripts(&server) <= asked + 1);
}

#[tokio::test]
async fn without_the_cache_each_refusal_is_the_servers() {
    let server = Server::start();
    let store = store(server.url()).deny_cache(false);
    let limit = limit(1);
    assert!(passes(&store, &limit).await);
    for _ in 0..3 {
        assert_eq!(source(&store, &limit).await, Source::Store);
    }
}

#[tokio::test]
async fn units_of_a_busy_limit_are_taken_ahead_and_given_back() {
    let server = Server::start();
    let store = store(server.url()).lease(50, HOUR);
    let limit = limit(1_000);
    let mut leased = 0;
    for _ in 0..200 {
        leased += u32::from(source(&store, &limit).await == Source::Lease);
    }
    assert!(leased > 100, "{leased}");
    let others = support::store(server.url());
    assert!(support::left(&others, &limit[0]).await <= 800);
    store.give_back().await;
    assert_eq!(support::left(&others, &limit[0]).await, 800);
}
