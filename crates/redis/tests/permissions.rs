//! What a user of Redis's access control lists needs.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use palisade_core::algorithm::Op;
use palisade_core::store::{Store, StoreError};
use palisade_ratelimit::{FixedWindow, Gcra, SlidingLog, SlidingWindow, per_minute};
use palisade_test_server::Server;
use support::{charge, passes, run, store, together, units};

/// As the crate's documentation has them.
const RULES: &str = "~palisade:* +evalsha +script|load +time +get +set +del +unlink +hget +hset +hdel +pttl \
                     +pexpire +zadd +zrem +zcard +zscore +zrange +zrevrange +zrangebyscore +zrevrangebyscore \
                     +zremrangebyscore";

#[tokio::test]
async fn a_user_with_the_permissions_that_are_documented_can_do_all() {
    let server = Server::builder().user("limits", "secret", RULES.split_whitespace()).start();
    let store = store(server.url_as("limits", "secret"));
    let limits = [
        charge("alice", "a", Gcra::new(per_minute(5))),
        charge("alice", "b", FixedWindow::new(per_minute(5))),
        charge("alice", "c", SlidingWindow::new(per_minute(5))),
        charge("alice", "d", SlidingLog::new(per_minute(5))),
    ];
    for limits in [limits.clone(), limits.map(together)] {
        for op in [Op::Decide, Op::Refund, Op::Charge, Op::Take, Op::Raise] {
            for limit in &limits {
                run(&store, op, &[units(2, limit.clone())]).await.unwrap();
            }
            run(&store, op, &limits).await.unwrap();
        }
        assert!(!passes(&store, &limits.clone().map(|limit| units(5, limit))).await);
        store.reset(limits.to_vec()).await.unwrap();
    }
    store.heartbeat(1).await.unwrap();

    let other = store.prefix("other").unwrap();
    let limit = charge("alice", "a", Gcra::new(per_minute(5)));
    let error = run(&other, Op::Decide, &[limit]).await.unwrap_err();
    assert!(matches!(error, StoreError::Rejected(_)), "{error:?}");
}
