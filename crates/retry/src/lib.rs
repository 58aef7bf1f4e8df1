//! Retries and hedges as tower layers.
//!
//! **When to use it.** Around a client of something that fails now and then, for a short time, in calls
//! that may be made twice. Not around what fails because it has too much to do: a retry is more work for
//! it. That is what the [budget] is for, which is on unless it is switched off.
//!
//! ```
//! use palisade_retry::RetryLayer;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! # use std::io;
//! # use std::sync::atomic::{AtomicU32, Ordering};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), io::Error> {
//! # let calls = AtomicU32::new(0);
//! let flaky = service_fn(|name: &'static str| {
//!     let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
//!     async move { if first { Err(io::Error::other("reset")) } else { Ok(format!("hello {name}")) } }
//! });
//! let mut service = ServiceBuilder::new().layer(RetryLayer::standard().plain()).service(flaky);
//! assert_eq!(service.ready().await?.call("you").await?, "hello you");
//! # Ok(())
//! # }
//! ```
//!
//! Around an HTTP service it is `RetryLayer::standard()`, and nothing else: for hyper-util's client, a
//! tonic `Channel` under a generated client, a `reqwest::Client` or an axum handler. None of the types
//! changes. A service whose error is a `BoxError` has it `.boxed()`; any other `.plain()`.
//!
//! # When another attempt is made
//!
//! ```text
//!  an attempt ends ─▶ an answer? ── yes ─────────────────────────────────────────▶ the caller
//!                        │ no                                                         ▲
//!                        ▼                                                            │
//!   worth another? (judge) ── had all its attempts? ── may it be sent twice? ── no ───┤
//!                                                              │ yes                  │
//!                                                              ▼                      │
//!   can the request be made again? ── time before the deadline? ── budget? ── no ─────┘
//!                                                                     │ yes
//!                                                                     ▼
//!                     wait (backoff, and what the other side asked for) ─▶ the next attempt
//! ```
//!
//! - what is worth another attempt: [`judge`], with its rules for HTTP, gRPC, errors and the
//!   rejections of layers inside;
//! - what may be sent twice: [`repeat`];
//! - when: [`Backoff`], with [`Jitter`];
//! - how many: [`max_attempts`](RetryLayer::max_attempts) for each call, [`Budget`] for all together.
//!
//! Whoever is refused another attempt gets what the last one brought: the other side's own response, or
//! error. `retries_total` says why, by `result`.
//!
//! # Without Tower
//!
//! [`RetryLayer::run`] repeats any future.
//!
//! # Hedging
//!
//! [`HedgeLayer`] does not wait for a failure: when the answer takes longer than it should it asks once
//! more, and takes the answer that comes first.
//!
//! # Settings as data
//!
//! [`RetryConfig`] and [`HedgeConfig`] are layers as data; with the feature `serde` they are read from files.
//!
//! # Differences from `tower::retry`
//!
//! There is no policy to write. Attempts wait, with jitter; the budget is exact, and does not stop the
//! world after a pause; requests need not be `Clone`; each attempt readies the service anew, and a service
//! that cannot be readied is an attempt that failed.
//!
//! # Cancellation
//!
//! Dropping the future drops the attempt that is under way, and there is no other. What was taken from the
//! budget stays taken.
//!
//! # Runtime
//!
//! Waiting needs tokio's timers: it panics outside of a tokio runtime, and in one built without
//! `enable_time`. A call that is answered by its first attempt needs none.
//!
//! # Cost
//!
//! A call whose first attempt is answered: a clone of the inner service; what it takes to
//! [keep the request](palisade_core::replay#cost), which is no allocation and no lock if it has neither
//! headers nor extensions, and a body that is empty or bytes; a few counts. The clock is read only with
//! [`max_elapsed`](RetryLayer::max_elapsed), or to judge a 429. A call that gets another attempt: a box for
//! what is left of it, and one of tokio's timers if it waits. `cargo xtask bench` measures it beside its
//! peers.
//!
//! [budget]: Budget

mod asked;
mod backoff;
mod budget;
pub mod config;
mod handle;
pub mod hedge;
pub mod judge;
mod layer;
mod modes;
pub mod repeat;
mod run;
mod shared;
mod statuses;
mod tools;

pub use palisade_core::{CallContext, Ratio, Rejection};

pub use self::asked::Asked;
pub use self::backoff::{Backoff, Factor, Jitter, Waits};
pub use self::budget::Budget;
pub use self::config::{HedgeConfig, RetryConfig};
pub use self::handle::{RetryHandle, Snapshot};
pub use self::hedge::HedgeLayer;
pub use self::judge::{Advice, Again, Judge};
pub use self::layer::RetryLayer;
pub use self::layer::future::ResponseFuture;
pub use self::layer::service::Retry;
pub use self::repeat::{Idempotent, Repeat};
pub use self::run::{Calls, Run};
