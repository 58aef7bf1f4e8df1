//! The contenders: limits of five, as their documentation says to put them around an axum app.

use std::time::Duration;

use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use governor::clock::QuantaInstant;
use governor::middleware::NoOpMiddleware;
use http::StatusCode;
use palisade::prelude::per_day;
use tower::ServiceBuilder;
use tower::buffer::BufferLayer;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::GlobalKeyExtractor;
use tower_resilience::adaptive::{AdaptiveLimiterLayer, Aimd};
use tower_resilience::bulkhead::{BulkheadConfigBuilder, BulkheadLayer};
use tower_resilience::ratelimiter::{RateLimiterConfigBuilder, RateLimiterLayer};

use crate::LIMIT;
use crate::count::let_through;
use crate::serve::{Limit, Way};

/// A period in which no token comes back while we count.
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// A contender.
pub(crate) struct Row {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How many requests it lets through if it is served like this.
    pub(crate) let_through: Box<dyn Fn(Way) -> usize>,
}

/// All of them, ours first; each count is of a layer of its own.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("palisade `RateLimitLayer`", || palisade::RateLimitLayer::new(per_day(LIMIT as u32))),
        row("palisade `BulkheadLayer`", || palisade::BulkheadLayer::new(LIMIT as u32)),
        row("tower `Buffer` + `RateLimit`", || {
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(refuse))
                .layer(BufferLayer::new(1024))
                .layer(RateLimitLayer::new(LIMIT as u64, DAY))
        }),
        row("tower `LoadShed` + `ConcurrencyLimit`", || {
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(refuse))
                .layer(LoadShedLayer::new())
                .layer(ConcurrencyLimitLayer::new(LIMIT))
        }),
        row("tower `LoadShed` + `GlobalConcurrencyLimit`", || {
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(refuse))
                .layer(LoadShedLayer::new())
                .layer(GlobalConcurrencyLimitLayer::new(LIMIT))
        }),
        row("tower_governor", governor),
        row("tower-resilience `RateLimiter`, `build()`", || {
            let layer = resilience().build().expect("the limit and the period are not 0");
            ServiceBuilder::new().layer(HandleErrorLayer::new(refuse)).layer(layer)
        }),
        row("tower-resilience `RateLimiter`, `build_with_handle()`", || {
            let built = resilience().build_with_handle();
            let (layer, _handle) = built.expect("the limit and the period are not 0");
            ServiceBuilder::new().layer(HandleErrorLayer::new(refuse)).layer(layer)
        }),
        row("tower-resilience `Bulkhead`, `build()`", || {
            let layer = bulkhead().build().expect("the limit is not 0");
            ServiceBuilder::new().layer(HandleErrorLayer::new(refuse)).layer(layer)
        }),
        row("tower-resilience `Bulkhead`, `build_with_handle()`", || {
            let built = bulkhead().build_with_handle();
            let (layer, _handle) = built.expect("the limit is not 0");
            ServiceBuilder::new().layer(HandleErrorLayer::new(refuse)).layer(layer)
        }),
        row("`LoadShed` + tower-resilience `AdaptiveLimiter`", || {
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(refuse))
                .layer(LoadShedLayer::new())
                .layer(adaptive())
        }),
    ]
}

fn row<L: Limit>(name: &'static str, layer: impl Fn() -> L + 'static) -> Row {
    Row { name, let_through: Box::new(move |way| let_through(way, layer())) }
}

/// What axum wants to be made of an error.
pub(crate) async fn refuse<E>(_: E) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}

/// With one bucket for all callers: its default key is the peer's address, which only one of the ways
/// tells.
fn governor() -> GovernorLayer<GlobalKeyExtractor, NoOpMiddleware<QuantaInstant>, Body> {
    let mut config = GovernorConfigBuilder::default().key_extractor(GlobalKeyExtractor);
    let config = config.period(DAY).burst_size(LIMIT as u32).finish();
    GovernorLayer::new(config.expect("the period and the burst are not 0"))
}

fn resilience() -> RateLimiterConfigBuilder {
    RateLimiterLayer::builder().limit_for_period(LIMIT).refresh_period(DAY)
}

fn bulkhead() -> BulkheadConfigBuilder {
    BulkheadLayer::builder().max_concurrent_calls(LIMIT).reject_when_full()
}

/// With a limit that stays what it is.
fn adaptive() -> AdaptiveLimiterLayer<Aimd> {
    let built = Aimd::builder().initial_limit(LIMIT).min_limit(LIMIT).max_limit(LIMIT).build();
    AdaptiveLimiterLayer::new(built.expect("the limit is not 0"))
}
