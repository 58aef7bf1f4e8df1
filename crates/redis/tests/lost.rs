//! What a server loses while it is used.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use palisade_core::algorithm::{Op, Retry};
use palisade_core::store::StoreError;
use palisade_ratelimit::{Gcra, Quota, SlidingLog, per_minute, per_second};
use palisade_redis::{RedisConfig, RedisStore};
use palisade_test_server::Server;
use support::{charge, left, passes, run, store, together, units};

#[tokio::test]
async fn scripts_that_are_flushed_are_loaded_again_unseen() {
    let server = Server::start();
    let store = store(server.url());
    let one = charge("alice", "one", Gcra::new(per_minute(10)));
    let both = [
        together(charge("alice", "two", Gcra::new(per_minute(10)))),
        together(charge("alice", "three", SlidingLog::new(per_minute(10)))),
    ];
    for n in 1..=3 {
        server.command(&["SCRIPT", "FLUSH"]).unwrap();
        assert!(passes(&store, std::slice::from_ref(&one)).await);
        server.command(&["SCRIPT", "FLUSH"]).unwrap();
        assert!(passes(&store, &both).await);
        for limit in both.iter().chain([&one]) {
            assert_eq!(left(&store, limit).await, 10 - n, "charged once each time");
        }
    }
}

#[tokio::test]
async fn keys_that_are_flushed_count_as_never_seen() {
    let server = Server::start();
    // What was refused is not to be remembered here.
    let store = store(server.url()).deny_cache(false);
    let limits = [
        together(charge("alice", "two", Gcra::new(per_minute(1)))),
        together(charge("alice", "three", SlidingLog::new(per_minute(1)))),
    ];
    assert!(passes(&store, &limits).await);
    assert!(!passes(&store, &limits).await);
    server.command(&["FLUSHALL"]).unwrap();
    assert!(passes(&store, &limits).await);
    assert!(!passes(&store, &limits).await);
}

#[tokio::test]
async fn a_server_that_was_restarted_is_used_as_before() {
    let server = Server::start();
    let store = store(server.url());
    let limit = charge("alice", "one", Gcra::new(per_minute(1)));
    assert!(passes(&store, std::slice::from_ref(&limit)).await);
    server.restart();
    // The first to find the connection broken may be told so.
    let answer = match run(&store, Op::Decide, std::slice::from_ref(&limit)).await {
        Ok(answer) => answer,
        Err(StoreError::NotSent(_) | StoreError::Unknown(_)) => {
            run(&store, Op::Decide, std::slice::from_ref(&limit)).await.unwrap()
        }
        Err(other) => panic!("{other:?}"),
    };
    assert!(answer.allowed());
    assert!(!passes(&store, &[limit]).await);
}

#[tokio::test]
async fn a_limit_of_none_is_refused_without_a_call() {
    // Nothing listens there.
    let config = RedisConfig { url: "redis://127.0.0.1:1".to_owned(), ..RedisConfig::default() };
    let store = RedisStore::new(config).unwrap();
    let none = Quota::new(0, std::time::Duration::from_secs(1));
    let outcome =
        run(&store, Op::Decide, &[charge("alice", "none", Gcra::new(none))]).await.unwrap();
    assert_eq!(outcome.outcomes[0].retry, Retry::Never);
    assert!(outcome.now.0 > 0);
    let some = charge("alice", "some", Gcra::new(per_second(1)));
    let error = run(&store, Op::Decide, &[units(2, some)]).await.unwrap_err();
    assert!(matches!(error, StoreError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn a_decision_on_no_limit_asks_the_server_for_its_time() {
    let server = Server::start();
    let store = store(server.url());
    assert!(run(&store, Op::Decide, &[]).await.unwrap().now.0 > 1_700_000_000_000_000);
    server.kill();
    run(&store, Op::Decide, &[]).await.unwrap_err();
}
