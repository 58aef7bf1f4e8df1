//! Resilience layers for tower: limits and timeouts that hold, around any service.
//!
//! | trouble | layer | what callers see |
//! |---|---|---|
//! | one caller takes more than its share | [`RateLimitLayer`] | 429 with `Retry-After`, RESOURCE_EXHAUSTED |
//! | a dependency fails | [`BreakerLayer`] | 503 with `Retry-After`, UNAVAILABLE, at once |
//! | a dependency hangs, or goes on for ever | [`TimeoutLayer`] | 504, DEADLINE_EXCEEDED, a body that is cut |
//! | a dependency fails now and then | [`RetryLayer`] | the answer, from another attempt |
//! | a dependency is slow now and then | [`HedgeLayer`] | the answer that came first |
//! | too much runs at once | [`BulkheadLayer`] | 503, RESOURCE_EXHAUSTED, or a turn in the queue |
//!
//! # The shape of a layer
//!
//! `XLayer::new(main setting)`, then chained setters; construction neither fails nor panics. All
//! state is in the layer's value: clones share it, and a second layer is a second limit. What a
//! refusal becomes is the last type parameter, see [`respond`]. `handle()` reads and changes the
//! layer while it runs.
//!
//! # Which layer goes where
//!
//! ```text
//! client side   total timeout › retry › breaker › rate limit › bulkhead › attempt timeout › service
//! server side   rate limit per client › bulkhead › timeout › rate limit per user (after authentication) › handler
//! ```
//!
//! CORS goes outside of all of them, so that a 429 keeps its `access-control-allow-origin`. A flood
//! is turned away before it occupies anything, so the limit per client is outermost; a dependency that
//! hangs opens the breaker, so the attempt's timeout is inside it. Layers of a
//! `ServiceBuilder` run from top to bottom, those added by `Router::layer` from the last to the first.
//!
//! # Errors you may see
//!
//! | the compiler says | because | so |
//! |---|---|---|
//! | `a rejection cannot become the outcome of a service with request ..` | the layer answers with HTTP responses, the service does not speak HTTP | end the layer with `.plain()`, `.plain_boxed()` or `.reject_with(..)` |
//! | ``the trait bound `Infallible: From<LayerError<Infallible>>` is not satisfied`` | `.typed()` or `.boxed()` in an axum router, which wants no errors | leave it out: the default answers with a response |
//! | ``no method named `ready` .. trait bounds were not satisfied`` | the same as the first, seen through `ServiceExt` | the same |
//!
//! # Features
//!
//! `breaker`, `bulkhead`, `ratelimit`, `retry` and `timeout` are on by default. `axum`, `tonic` and `reqwest` let keys read what
//! those crates know of a request (the peer's address, the matched route), and retries send their bodies again;
//! `redis` keeps limits in Redis (`redis-tls` for `rediss://`), `resilient-store` goes on while a store is away;
//! `hyper-util` tells its errors of connecting; `metrics` and `tracing`
//! make the layers observable; `serde` reads layers, quotas, ratios and durations from configurations;
//! `test-util` makes tokio's clock, which tests can pause, the default.
//!
//! # Compatibility
//!
//! Rust 1.88. A newer minimum is a minor release. Of other crates' types only those of `http`,
//! `http-body`, `bytes`, `tower-layer` and `tower-service` stand in the public API; axum, tonic and
//! reqwest only behind their features.

#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../../../README.md")]
mod readme {}

pub use palisade_core::{
    Bill, BoxError, CallContext, Cause, ClientIp, Clock, Deadline, Global, GrpcCode, HasHead, Head,
    Header, Host, Http, Key, KeyBy, Late, LayerError, ManualClock, Meta, Method, Micros, Name,
    Origin, ParseError, PeerAddr, Quota, Ratio, Reason, Rejection, ResBody, Respond, Route,
    per_day, per_hour, per_minute, per_second, rejection,
};
pub use palisade_core::{algorithm, classify, deadline, key, replay, respond, store, text};

#[cfg(feature = "breaker")]
pub use palisade_breaker::{self as breaker, Breaker, BreakerLayer};
#[cfg(feature = "bulkhead")]
pub use palisade_bulkhead::{self as bulkhead, Bulkhead, BulkheadLayer};
#[cfg(feature = "ratelimit")]
pub use palisade_ratelimit::{self as ratelimit, RateLimitLayer, RateLimiter};
#[cfg(feature = "redis")]
pub use palisade_redis::{self as redis, RedisConfig, RedisStore};
#[cfg(feature = "resilient-store")]
pub use palisade_resilient_store::{self as resilient_store, ResilienceConfig, ResilientStore};
#[cfg(feature = "retry")]
pub use palisade_retry::{self as retry, HedgeLayer, RetryLayer};
#[cfg(feature = "timeout")]
pub use palisade_timeout::{self as timeout, TimeoutLayer};

/// Every layer's counters, as series of the `metrics` facade.
#[cfg(feature = "metrics")]
pub mod metrics {
    pub use palisade_core::telemetry::publish;
}

/// Probes, scripted services and scripted bodies.
#[cfg(feature = "test-util")]
pub use palisade_core::test;

/// Layers, quotas and keys: what an application names.
pub mod prelude {
    #[cfg(feature = "breaker")]
    pub use palisade_breaker::{Breaker, BreakerLayer, Throttle, Trip, Window};
    #[cfg(feature = "bulkhead")]
    pub use palisade_bulkhead::{BackpressureQueue, Bulkhead, BulkheadLayer, Until};
    #[cfg(feature = "ratelimit")]
    pub use palisade_ratelimit::{
        Anchor, FixedWindow, Headers, HeadersOn, Limit, Limits, Outage, RATE_LIMIT_HEADERS,
        RateLimitLayer, RateLimiter, Reset, Shaper, SlidingLog, SlidingWindow, StoreLimiter,
    };
    #[cfg(feature = "redis")]
    pub use palisade_redis::{RedisConfig, RedisStore};
    #[cfg(feature = "resilient-store")]
    pub use palisade_resilient_store::{Instances, ResilienceConfig, ResilientStore};
    #[cfg(feature = "retry")]
    pub use palisade_retry::{Backoff, Budget, HedgeLayer, Idempotent, Jitter, RetryLayer};
    #[cfg(feature = "timeout")]
    pub use palisade_timeout::{Forward, TimeoutLayer, Times};

    pub use palisade_core::key::Missing;
    pub use palisade_core::store::Source;

    pub use crate::{
        Bill, BoxError, ClientIp, Clock, Global, Header, Host, Key, LayerError, Method, Quota,
        Ratio, Rejection, Route, per_day, per_hour, per_minute, per_second, rejection,
    };
}
