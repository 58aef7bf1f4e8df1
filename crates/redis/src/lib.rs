//! Limits that a fleet shares, kept in Redis.
//!
//! **When to use it.** When several instances of a service are to hold one limit together. One instance by
//! itself is served better by memory, which answers in nanoseconds and is never away.
//!
//! ```no_run
//! use palisade_ratelimit::{ClientIp, RateLimitLayer, per_second};
//! use palisade_redis::{RedisConfig, RedisStore};
//!
//! let config = RedisConfig { url: "redis://redis.internal:6379".to_owned(), ..RedisConfig::default() };
//! let store = RedisStore::new(config)?;
//! let layer = RateLimitLayer::new(per_second(100)).by(ClientIp::peer()).store(store);
//! # let _ = layer;
//! # Ok::<(), palisade_core::text::Problems>(())
//! ```
//!
//! [`RedisStore`] says what is decided how, and what stands in Redis; [`RedisConfig`], where Redis is: one
//! server, its socket, a cluster, or the primary that sentinels name. Redis 7 and later, and Valkey.
//!
//! # When Redis is away
//!
//! Nothing here waits for longer than a connection's and a response's time, and nothing is repeated: a failure
//! says whether the charge may have happened ([`StoreError`](palisade_core::store::StoreError)). What is to
//! become of the limit meanwhile is another store's business, around this one.
//!
//! # Permissions
//!
//! A user of Redis's access control lists needs the keys `~palisade:*` (or the prefix that is set), and
//! `+evalsha +script|load +time +get +set +del +unlink +hget +hset +hdel +pttl +pexpire +zadd +zrem +zcard
//! +zscore +zrange +zrevrange +zrangebyscore +zrevrangebyscore +zremrangebyscore`; in a cluster `+cluster|slots`,
//! too.

mod config;
mod key;
mod link;
mod near;
mod script;
mod scripted;
mod store;
mod url;

pub use self::config::RedisConfig;
pub use self::near::{Leases, Refusals};
pub use self::store::RedisStore;
