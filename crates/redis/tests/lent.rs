//! Over a pool that the application has.
#![cfg(feature = "deadpool-redis")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::time::Duration;

use deadpool_redis::{Config, Runtime};
use palisade_core::algorithm::Op;
use palisade_core::per_hour;
use palisade_core::store::StoreError;
use palisade_ratelimit::Gcra;
use palisade_redis::RedisStore;
use palisade_test_server::{Server, eventually};

use self::support::{charge, passes, run};

fn over_a_pool(server: &Server) -> RedisStore {
    let pool = Config::from_url(server.url()).create_pool(Some(Runtime::Tokio1)).unwrap();
    RedisStore::with_pool(pool).response_timeout(Duration::from_secs(10))
}

#[tokio::test]
async fn a_limit_holds_over_a_pool_that_was_made_elsewhere() {
    let server = Server::start();
    let store = over_a_pool(&server).prefix("lent").unwrap();
    let limit = [charge("alice", "login", Gcra::new(per_hour(2)))];
    assert!(passes(&store, &limit).await);
    // Its script is not there any more.
    server.command(&["SCRIPT", "FLUSH"]).unwrap();
    assert!(passes(&store, &limit).await);
    assert!(!passes(&store, &limit).await);
    assert_eq!(support::keys(&server), ["lent:{alice}:login:g1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_fails_while_the_server_is_away_and_works_when_it_is_back() {
    let server = Server::start();
    let store = over_a_pool(&server);
    let limit = [charge("alice", "login", Gcra::new(per_hour(1_000_000)))];
    assert!(passes(&store, &limit).await);
    server.kill();
    let (first, then) =
        (run(&store, Op::Decide, &limit).await, run(&store, Op::Decide, &limit).await);
    assert!(matches!(first, Err(StoreError::NotSent(_) | StoreError::Unknown(_))), "{first:?}");
    assert!(matches!(then, Err(StoreError::NotSent(_))), "{then:?}");
    server.restart();
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        eventually(
            || handle.block_on(run(&store, Op::Decide, &limit)).is_ok(),
            "the store decides again",
        );
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_the_server_says_no_to_is_rejected() {
    let server = Server::builder().arg("--maxmemory", "1").start();
    let store = over_a_pool(&server);
    let answer = run(&store, Op::Decide, &[charge("alice", "login", Gcra::new(per_hour(1)))]).await;
    assert!(matches!(answer, Err(StoreError::Rejected(_))), "{answer:?}");
}
