//! Resilience layers for tower.

pub use palisade_core::{
    Alarm, BoxError, CallContext, ClientIp, Clock, Global, GrpcCode, HasHead, Head, Header, Host,
    Http, Key, KeyBy, LayerError, ManualClock, Meta, Method, Micros, Name, Origin, ParseError,
    PeerAddr, Quota, Ratio, Reason, Rejection, ResBody, Respond, Route, per_day, per_hour,
    per_minute, per_second, rejection,
};
pub use palisade_core::{algorithm, classify, key, respond, store, text};

#[cfg(feature = "ratelimit")]
pub use palisade_ratelimit::{self as ratelimit, RateLimitLayer, RateLimiter};
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
    #[cfg(feature = "ratelimit")]
    pub use palisade_ratelimit::{Headers, Missing, Outage, RateLimitLayer, RateLimiter};
    #[cfg(feature = "timeout")]
    pub use palisade_timeout::TimeoutLayer;

    pub use crate::{
        ClientIp, Global, Header, Host, Key, LayerError, Method, Quota, Ratio, Rejection, Route,
        per_day, per_hour, per_minute, per_second, rejection,
    };
}
