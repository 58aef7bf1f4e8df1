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
//! # How it counts
//!
//! | limit | lets through | a caller who waits |
//! |---|---|---|
//! | [`Quota`] alone, a token bucket ([`Gcra`]) | a burst at once, then one every `period / limit` | gets the burst back |
//! | [`FixedWindow`] | the limit in each window of the calendar, or from the first call on | gets all at the window's end |
//! | [`SlidingWindow`] | about the limit in any period, for two numbers per key | gets it back evenly |
//! | [`SlidingLog`] | never more than the limit in any period, for an entry per call | gets each back a period after it was used |
//! | [`Shaper`] | one every `period / limit`; the others wait their turn | is next |
//! | [`Limit::custom`] | what an [`Algorithm`](palisade_core::algorithm::Algorithm) of yours says | |
//!
//! In any span of length `w` a bucket lets at most `burst + w * limit / period` pass, which with the
//! default burst is twice the limit in the worst period; a burst of 1 spaces calls evenly. A leaky
//! bucket as a meter is the same bucket seen from above.
//!
//! # What a request may be asked
//!
//! - whose it is: [`by`](RateLimitLayer::by), and what if nobody can tell:
//!   [`on_missing`](RateLimitLayer::on_missing);
//! - how much it takes: [`cost_by`](RateLimitLayer::cost_by) beforehand, a [`Bill`] afterwards;
//! - on which tier it is: [`quota_by`](RateLimitLayer::quota_by);
//! - how important it is, for algorithms of your own: [`class_by`](RateLimitLayer::class_by);
//! - whether it counts at all: [`skip_paths`](RateLimitLayer::skip_paths),
//!   [`skip_preflights`](RateLimitLayer::skip_preflights).
//!
//! Several limits at once are one decision, each with its own key and cost if need be: [`Limits`].
//!
//! # What clients are told
//!
//! `RateLimit` and `RateLimit-Policy`, `X-RateLimit-*`, a pair of headers per window, or nothing:
//! [`Headers`]. Scripts in browsers see them if CORS exposes them: [`RATE_LIMIT_HEADERS`].
//!
//! # Without Tower
//!
//! [`RateLimiter`] is the limit by itself: check, charge, refund, take, peek, reset, and
//! [`until_ready`](Subject::until_ready), which waits. [`RateLimiter::in_store`] is the same on a store
//! that a fleet shares.
//!
//! # Configuration
//!
//! [`config::RateLimitConfig`] is a layer as data; with the feature `serde` it is read from files. The
//! feature `tracing` makes an event of each refusal.
//!
//! # Differences from `tower::limit::rate`
//!
//! It is `Clone` and shares its state; it answers instead of making callers wait in `poll_ready`;
//! it tells callers apart; it refills continuously and not in whole windows.
//!
//! # Runtime
//!
//! None is needed in memory, but by a [`Shaper`]: who waits, for a turn or for a
//! [store](RateLimitLayer::store), waits on a timer of tokio's, which panics outside of a tokio runtime
//! whose time is enabled.
//!
//! # Cancellation
//!
//! A call that was admitted is paid for, whether its future is driven to the end or dropped. One
//! that waits for its turn and is dropped gives it back, with what still counts of the units that it
//! took of other limits; a turn that others stand behind is free again when they have left as well.
//!
//! # Cost
//!
//! In memory: one clock read, one compare-and-swap or the lock of one of many shards. No allocation
//! but for headers, if they are on (those with an epoch read the clock again), a call's bill, if one
//! is kept, an entry of a log that grows, and more than two limits in one layer. One token bucket is
//! the fastest, then any other limit by itself, then several in one layer. `cargo xtask
//! bench` measures both beside their peers; `docs/compare.md` has the figures.

mod algorithms;
pub mod config;
mod engine;
mod handle;
mod headers;
mod layer;
mod limit;
mod limiter;
#[cfg(loom)]
#[doc(hidden)]
pub mod model;
mod options;
mod shared;

pub use palisade_core::key::Missing;
pub use palisade_core::store::{Outage, Source};
pub use palisade_core::{
    Bill, ClientIp, Global, Header, Host, Key, KeyBy, Method, Quota, Ratio, Rejection, Route,
    per_day, per_hour, per_minute, per_second,
};

pub use self::algorithms::gcra::{Gcra, Tat};
pub use self::algorithms::{
    Anchor, Buckets, FixedWindow, Log, Queue, Shaper, SlidingLog, SlidingWindow, Window,
};
pub use self::handle::snapshot::{LimitSnapshot, Snapshot};
pub use self::handle::{RateLimitHandle, UnknownLimit};
pub use self::headers::RATE_LIMIT_HEADERS;
pub use self::layer::RateLimitLayer;
pub use self::layer::future::ResponseFuture;
pub use self::layer::service::RateLimit;
pub use self::limit::Limit;
pub use self::limit::asks::{Asks, ClassBy, CostBy, One, QuotaBy};
pub use self::limit::each::Each;
pub use self::limit::limits::{IntoLimit, IntoLimits, Limits};
pub use self::limiter::RateLimiter;
pub use self::limiter::decision::Decision;
pub use self::limiter::in_store::StoreLimiter;
pub use self::limiter::store_subject::StoreSubject;
pub use self::limiter::subject::Subject;
pub use self::options::{Headers, HeadersOn, Reset};
pub use self::shared::busiest::BusyKey;
