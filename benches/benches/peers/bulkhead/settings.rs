//! Bulkheads of the same size for all contenders.

use std::time::Duration;

use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer};
use tower_resilience::adaptive::{AdaptiveLimiterLayer, Aimd, Vegas};
use tower_resilience::bulkhead::{BulkheadConfigBuilder, BulkheadLayer};

/// Calls at once: more than there ever are.
pub(super) const PLACES: usize = 1_024;

/// Ours.
pub(super) fn ours() -> palisade::BulkheadLayer {
    palisade::BulkheadLayer::new(PLACES as u32)
}

/// Ours with a limit that finds itself.
pub(super) fn ours_aimd() -> palisade::BulkheadLayer {
    ours().adaptive(palisade::bulkhead::Aimd::new(1, PLACES as u32).start(PLACES as u32))
}

/// The same by another algorithm.
pub(super) fn ours_gradient() -> palisade::BulkheadLayer {
    ours().adaptive(palisade::bulkhead::Gradient2::new(1, PLACES as u32).start(PLACES as u32))
}

pub(super) fn tower() -> ConcurrencyLimitLayer {
    ConcurrencyLimitLayer::new(PLACES)
}

/// The same, with one limit for all services of the layer.
pub(super) fn tower_global() -> GlobalConcurrencyLimitLayer {
    GlobalConcurrencyLimitLayer::new(PLACES)
}

/// Who finds it full waits.
pub(super) fn resilience() -> BulkheadLayer {
    shared(BulkheadLayer::builder().max_concurrent_calls(PLACES))
}

/// Who finds it full is refused: by a timer of no length.
pub(super) fn resilience_refusing() -> BulkheadLayer {
    shared(BulkheadLayer::builder().max_concurrent_calls(PLACES).reject_when_full())
}

/// Who finds it full is not ready.
pub(super) fn resilience_backpressure(places: usize) -> BulkheadLayer {
    shared(BulkheadLayer::builder().max_concurrent_calls(places).backpressure())
}

/// Built with a handle: only then do the services of one layer share the limit.
fn shared(builder: BulkheadConfigBuilder) -> BulkheadLayer {
    let (layer, _handle) = builder.build_with_handle().expect("there are places");
    layer
}

/// A time that no call takes, so that the limit grows to its most.
const SLOW: Duration = Duration::from_secs(1);

pub(super) fn resilience_aimd() -> AdaptiveLimiterLayer<Aimd> {
    let builder = Aimd::builder().initial_limit(PLACES).max_limit(PLACES);
    let built = builder.min_limit(1).latency_threshold(SLOW).build();
    AdaptiveLimiterLayer::new(built.expect("the settings are within bounds"))
}

pub(super) fn resilience_vegas() -> AdaptiveLimiterLayer<Vegas> {
    let built = Vegas::builder().initial_limit(PLACES).max_limit(PLACES).min_limit(1).build();
    AdaptiveLimiterLayer::new(built.expect("the settings are within bounds"))
}
