//! Settings that let everything pass, the same for all contenders.

use std::num::NonZeroU32;
use std::time::Duration;

use palisade::{Quota, per_hour, per_second};
use palisade_benches::floor::Limit;
use tower::limit::RateLimitLayer;
use tower_http::timeout::TimeoutLayer;
use tower_resilience::ratelimiter::{RateLimiterLayer, WindowType};
use tower_resilience::timelimiter::TimeLimiterLayer;

/// Tokens in a bucket: more than a run of any contender takes.
pub(crate) const BURST: u32 = 500_000_000;

/// A bucket that is neither full nor empty during a run.
///
/// Tokens come back slowly on purpose. A full bucket need not be remembered, so with a fast limit a
/// table may forget each key before it is seen again, and would be measured empty.
pub(crate) const LIMIT: Limit = Limit { every: Duration::from_secs(5), burst: BURST as u64 };

/// The second of two limits, a little slower: 600 an hour.
pub(crate) const HOURLY: Limit = Limit { every: Duration::from_secs(6), burst: BURST as u64 };

/// A period in which nothing comes back while we measure.
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// A time that nothing here takes, as far ahead as a server's.
pub(crate) const AFTER: Duration = Duration::from_secs(30);

/// [`LIMIT`] as we say it.
pub(crate) fn quota() -> Quota {
    Quota::new(1, LIMIT.every).burst(BURST)
}

/// [`LIMIT`] as governor says it.
pub(crate) fn governor_quota() -> governor::Quota {
    let burst = const { NonZeroU32::new(BURST).expect("the burst is not 0") };
    governor::Quota::with_period(LIMIT.every).expect("the period is not 0").allow_burst(burst)
}

/// [`HOURLY`] as we say it.
pub(crate) fn hourly() -> Quota {
    per_hour(600).burst(BURST)
}

/// [`HOURLY`] as governor says it.
pub(crate) fn governor_hourly() -> governor::Quota {
    let burst = const { NonZeroU32::new(BURST).expect("the burst is not 0") };
    governor::Quota::with_period(HOURLY.every).expect("the period is not 0").allow_burst(burst)
}

/// Windows have no bursts: as many in a second as no contender can make.
pub(crate) fn window() -> Quota {
    per_second(1_000_000_000)
}

/// tower has windows and no bursts: as many in a second as no contender can make.
pub(crate) fn tower_rate() -> RateLimitLayer {
    RateLimitLayer::new(1_000_000_000, Duration::from_secs(1))
}

/// The same in tower-resilience: fixed windows are its default and its fastest.
///
/// Built with a handle: only then do the services of one layer share the limit.
pub(crate) fn resilience_rate() -> RateLimiterLayer {
    let (layer, _handle) = RateLimiterLayer::builder()
        .limit_for_period(1_000_000_000)
        .refresh_period(Duration::from_secs(1))
        .build_with_handle()
        .expect("the limit and the period are not 0");
    layer
}

/// Each kind of its windows: as many in a millisecond as no contender can make. A log takes the memory
/// for all of them at once, so a second of them would be gigabytes.
pub(crate) fn resilience_window(window: WindowType) -> RateLimiterLayer {
    let (layer, _handle) = RateLimiterLayer::builder()
        .limit_for_period(1_000_000)
        .refresh_period(Duration::from_millis(1))
        .window_type(window)
        .build_with_handle()
        .expect("the limit and the period are not 0");
    layer
}

/// [`AFTER`] as tower-resilience says it. It cancels the call when the time is up, as the others do.
pub(crate) fn resilience_timeout() -> TimeLimiterLayer {
    TimeLimiterLayer::builder().timeout_duration(AFTER).build()
}

/// [`AFTER`] as tower-http says it.
pub(crate) fn http_timeout() -> TimeoutLayer {
    TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, AFTER)
}
