//! The store's circuit breaker, for those who do something else with the same server.

use palisade_breaker::{Breaker, BreakerHandle};

/// The store's circuit breaker.
///
/// What is recorded here counts as the store's own decisions do, and the other way round.
///
/// ```
/// use palisade_core::store::MemoryStore;
/// use palisade_resilient_store::ResilientStore;
///
/// # async fn perform_operation() -> Result<(), ()> { Err(()) }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let circuit_breaker = ResilientStore::new(MemoryStore::new()).circuit_breaker();
/// for _ in 0..3 {
///     if circuit_breaker.allow_request().await {
///         match perform_operation().await {
///             Ok(()) => circuit_breaker.record_success().await,
///             Err(()) => circuit_breaker.record_failure().await,
///         }
///     }
/// }
/// assert!(!circuit_breaker.allow_request().await, "three failures in a row");
/// # }
/// ```
///
/// Nothing here waits: the futures are ready at once. Who forgets to say how a request ended has asked in
/// vain, and keeps nobody else from asking: while the breaker is half-open, the place is free again
/// after `reset_timeout`. [`breaker`](Self::breaker) has permits, which cannot be forgotten.
#[derive(Clone, Debug)]
pub struct Circuit(Breaker);

impl Circuit {
    pub(crate) const fn new(breaker: Breaker) -> Self {
        Self(breaker)
    }

    /// Whether a request may be made now. Say how it ended.
    pub async fn allow_request(&self) -> bool {
        self.0.allow_request()
    }

    /// A request that was allowed has succeeded.
    pub async fn record_success(&self) {
        self.0.record_success();
    }

    /// A request that was allowed has failed.
    pub async fn record_failure(&self) {
        self.0.record_failure();
    }

    /// The breaker itself: for permits, and calls that are judged by their result.
    #[must_use]
    pub const fn breaker(&self) -> &Breaker {
        &self.0
    }

    /// Reads the breaker, opens or closes it by hand, and tells of its changes.
    #[must_use]
    pub fn handle(&self) -> BreakerHandle {
        self.0.handle()
    }
}
