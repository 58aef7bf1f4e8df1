//! Every limit in Redis, and the same in memory: the same outcomes, field by field.
//!
//! A trace is random and seeded: one to three limits, of one subject or several, and calls of all operations,
//! between which a clock jumps both ways and limits change. The seed of a trace that differs is printed;
//! `SEED=7 cargo test -p palisade-redis --test differential` runs that one alone.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod draw;
mod model;
mod trace;

use std::env;
use std::future::Future;
use std::time::Duration;

use palisade_redis::{RedisConfig, RedisStore};
use palisade_test_server::Server;
use tokio::task::JoinSet;

/// How many traces are under way at once, on one connection.
const AT_ONCE: usize = 32;

fn store(server: &Server) -> RedisStore {
    let config = RedisConfig {
        url: server.url(),
        connection_timeout: Duration::from_secs(5),
        ..RedisConfig::default()
    };
    RedisStore::new(config).unwrap().response_timeout(Duration::from_secs(20))
}

async fn run<F>(seeds: impl Iterator<Item = u64>, trace: fn(RedisStore, u64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let server = Server::start();
    let store = store(&server);
    let seeds: Vec<u64> = match env::var("SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => seeds.collect(),
    };
    let mut traces = JoinSet::new();
    for seed in seeds {
        if traces.len() == AT_ONCE {
            traces.join_next().await.unwrap().unwrap();
        }
        traces.spawn(trace(store.clone(), seed));
    }
    while let Some(done) = traces.join_next().await {
        done.unwrap();
    }
    without_expiry(&server);
}

/// No key stays for ever.
fn without_expiry(server: &Server) {
    let script = "local n = 0 for _, key in ipairs(redis.call('KEYS', '*')) do \
                  if redis.call('PTTL', key) < 0 then n = n + 1 end end return n";
    let forever = server.command(&["EVAL", script, "0"]).unwrap();
    assert_eq!(forever.text(), "0", "keys that never expire");
}

#[tokio::test]
async fn redis_decides_as_the_algorithms_do_whatever_happens() {
    run(0..1_500, trace::any).await;
}

#[tokio::test]
async fn redis_decides_as_memory_does() {
    run(0..500, trace::forward).await;
}
