//! Rate limits as a tower layer.
//!
//! **When to use it.** To keep one caller, or all of them together, below a rate that you can state:
//! so many per second, per minute, per hour. To bound how much runs *at once*, use a bulkhead.
//!
//! ```
//! use palisade_ratelimit::{ClientIp, RateLimitLayer, per_second};
//! use tower::ServiceBuilder;
//! # use http::{Request, Response};
//! # let handler = tower::service_fn(|_: Request<String>| async {
//! #     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
//! # });
//!
//! let service = ServiceBuilder::new()
//!     .layer(RateLimitLayer::new(per_second(100).burst(200)).by(ClientIp::peer()))
//!     .service(handler);
//! # let _: &dyn tower::Service<Request<String>, Response = _, Error = _, Future = _> = &service;
//! ```
//!
//! A refused call is answered, not failed: 429 with `application/problem+json`, `Retry-After` and
//! `RateLimit` headers, or RESOURCE_EXHAUSTED to a gRPC request. `.typed()`, `.plain()` and their
//! siblings make it an error instead.
//!
//! # Differences from `tower::limit::rate`
//!
//! It is `Clone` and shares its state; it answers instead of making callers wait in `poll_ready`;
//! it tells callers apart; it refills continuously and not in whole windows.
//!
//! # The bucket
//!
//! A token bucket ([`Gcra`]): after a pause `burst` calls pass at once, then one every
//! `period / limit`. In any span of length `w` at most `burst + w * limit / period` pass, which with
//! the default burst is twice the limit in the worst period; a burst of 1 spaces calls evenly.
//!
//! # Runtime
//!
//! None is needed in memory. With a [store](RateLimitLayer::store) calls wait on a timer of tokio's, which
//! panics outside of a tokio runtime whose time is enabled.
//!
//! # Cancellation
//!
//! A call that was admitted is paid for, whether its future is driven to the end or dropped.
//!
//! # Cost
//!
//! In memory: one clock read, one compare-and-swap or the lock of one of many shards, no
//! allocation. `cargo xtask bench` measures it beside its peers; `docs/compare.md` has
//! the figures.

mod algorithms;
mod cell;
mod counters;
mod future;
mod gcra;
mod handle;
#[cfg_attr(not(test), expect(dead_code, reason = "wired with the next change"))]
mod headers;
mod layer;
mod limiter;
#[cfg(loom)]
#[doc(hidden)]
pub mod model;
mod options;
mod service;
mod settings;
mod shared;
mod stamp;
mod verdict;
mod waiting;

pub use palisade_core::{
    ClientIp, Global, Header, Host, Key, KeyBy, Method, Quota, Ratio, Rejection, Route, per_day,
    per_hour, per_minute, per_second,
};

pub use self::algorithms::{
    Anchor, Buckets, FixedWindow, Log, Shaper, SlidingLog, SlidingWindow, Window,
};
pub use self::future::ResponseFuture;
pub use self::gcra::{Gcra, Tat};
pub use self::handle::{RateLimitHandle, Snapshot};
pub use self::headers::RATE_LIMIT_HEADERS;
pub use self::layer::RateLimitLayer;
pub use self::limiter::RateLimiter;
pub use self::options::{Headers, HeadersOn, Missing, Outage, Reset};
pub use self::service::RateLimit;
