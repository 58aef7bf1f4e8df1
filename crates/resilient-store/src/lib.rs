//! Limits that survive the outages of their store.
//!
//! **When to use it.** Around every store that instances share: without it a limit is either not kept while the
//! store is away, or refuses everybody, and each call waits for the store in vain.
//!
//! **When not.** Around memory, which does not go away. And where a limit must hold to the unit whatever
//! happens (a login, a payment), give it [`Outage::Deny`](palisade_core::store::Outage::Deny): then it is not
//! stood in for.
//!
//! ```
//! use palisade_core::store::MemoryStore;
//! use palisade_ratelimit::{RateLimitLayer, per_second};
//! use palisade_resilient_store::{ResilienceConfig, ResilientStore};
//! # let shared_store = MemoryStore::new();
//!
//! let store = ResilientStore::new(shared_store).config(ResilienceConfig::default()).name("limits");
//! let layer = RateLimitLayer::new(per_second(100)).store(store.clone());
//!
//! if !store.health_checker().is_healthy() {
//!     println!("the store is away; limits are kept here meanwhile");
//! }
//! # let _ = layer;
//! ```
//!
//! # The way of a decision
//!
//! ```text
//! decision ─▶ health ─▶ breaker ─▶ budget (50 ms) ─▶ retry ─▶ store
//!               │          │          │                         │
//!               ▼ away     ▼ open     ▼ late                    ▼ error
//!             the memory that stands in, as each limit's `Outage` says
//! ```
//!
//! These are our own [breaker](palisade_breaker), [timeout](palisade_timeout) and [retry](palisade_retry), with
//! their metrics under the store's name. Any error of the store is a failure, a refusal (out of memory, read-only,
//! no permission) as well as a hang. Only what was not sent is sent again, and only if the wait fits into the budget.
//! With the defaults a store that hangs costs three calls 50 ms each, and from then on nobody anything.
//!
//! | [`Outage`](palisade_core::store::Outage) | decides | [`Source`](palisade_core::store::Source) of the answer |
//! |---|---|---|
//! | `Share` (the default) | this instance, by its part of the limit | `Share`; `Local` where the limit or the instances are not known to divide |
//! | `Local` | this instance, by the whole limit | `Local` |
//! | `Allow` | nobody: the call passes | `Open` |
//! | `Deny` | nobody: the answer is an error, 503 | |
//!
//! Several limits of a call are one decision here, too; its source is the weakest of theirs. [`Instances`] says how
//! many there are: counted by the store with each health check, or fixed.
//!
//! # What an outage begins and ends with
//!
//! The memory is warm: of each key it knows what the store said last, and goes on from that. A bucket goes on exactly,
//! at its part of the rate; of a window an instance has its part of what was left. Keys of which nothing was heard
//! begin full, beyond `max_entries` all of them together. It is the store's time that counts, not that of the
//! host.
//!
//! When the store is back, the first decision of a key tells it what it has to know: what was last known of the
//! key, which restores what the store has lost (`Op::Raise`, which changes nothing otherwise); and then a charge of what was
//! granted here and still counts. Meanwhile the key's other calls are decided here. Keys that nobody asks for are told
//! by and by, a hundred a second. A charge is never sent twice: one that may have arrived counts as made,
//! and so does a decision that the store did not answer.
//!
//! # How much passes
//!
//! Per key and limit, with `Share` and a count of instances that is right:
//!
//! - **During an outage** all instances together admit what the limit says. At its beginning they may admit
//!   one limit more (a bucket's burst and a queue's length, a window's limit): what others took of which an instance had not heard. A
//!   bucket of fewer units than there are instances has one for each.
//! - **At its end** they may admit one limit more, until all have told the store what they did.
//! - So in any span at most two limits more for each outage in it, whatever the store does meanwhile: loses its memory,
//!   hangs, or does what it was told and does not answer.
//! - **Of a key that one instance has for itself** (a session, a connection, a shard) nothing more passes but
//!   what the store did not answer and did not do either.
//!
//! With `Local`, multiply the first by the number of instances. `tests/bound.rs` holds all of this, by random schedules
//! and for each algorithm. What it costs that shares are fixed: of eight instances of which one has half of the load,
//! the shares admit 75 % of a load of half the limit, 62 % of a load of the limit, 99 % of the limit under twice of it.
//!
//! # When it is back
//!
//! A health check asks the store every 5 s, while it is away every second, for its
//! [`heartbeat`](palisade_core::store::Store::heartbeat). If it is there, the breaker's wait is over at once, and the next
//! decision is its probe; the second that succeeds closes it. A store that answers checks and nothing else is tried when
//! the breaker's own time has come. Times are jittered by [instance](ResilientStore::instance). Each change is one event
//! (feature `tracing`), and shows in `store_degraded`, `store_healthy` and `breaker_state`.
//!
//! # Metrics
//!
//! `store_decisions_total{source}`, `store_errors_total{kind}`, `store_resyncs_total{outcome}`, and the gauges
//! `store_degraded`, `store_healthy`, `store_keys`, `store_instances`; all of them with the store's name, and there from the start.
//!
//! # Cancellation
//!
//! A decision may be dropped at any time. Whether it was charged is then unknown, as with any store; what it was about
//! to tell is told by the next one, unless it was on its way.
//!
//! # Runtime
//!
//! The first decision spawns the task that watches the store; it ends with the last clone, and begins anew in
//! another runtime. Outside of tokio there is no health check, no timeout and no retry, which is said once. A runtime must have its time enabled.
//!
//! # Cost
//!
//! While the store is there: one lookup and one lock per limit to remember the answer, the layers around the question,
//! and a copy of the charges for each attempt; against the round trip it is nothing. After an outage up to two more commands for a
//! key's first decision. 100 to 200 bytes for each of 10 000 keys, and their names.

mod ask;
mod circuit;
mod counters;
mod health;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod shared;
mod store;
mod time;
mod watch;

pub mod config;

pub use self::circuit::Circuit;
pub use self::config::ResilienceConfig;
pub use self::health::HealthChecker;
#[cfg(feature = "redis")]
pub use self::redis::ResilientStorage;
pub use self::store::{Instances, ResilientStore};
#[cfg(feature = "redis")]
pub use palisade_redis::{RedisConfig, RedisStore};
