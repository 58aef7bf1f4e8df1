//! Whether the layers did what their settings say, in the time that was.
//!
//! Nothing here is a matter of luck: what a verdict asks for follows from the settings and from what the
//! clients have measured, however slow the machine is.

mod breaker;
mod bulkhead;
mod limit;
mod retry;
mod store;

use std::fmt;

pub use self::breaker::BreakerVerdict;
pub use self::bulkhead::BulkheadVerdict;
pub use self::limit::LimitVerdict;
pub use self::retry::RetryVerdict;
pub use self::store::StoreVerdict;

/// What a layer should have done, and did or did not.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Who asked for more than its quota got its quota.
    Limit(LimitVerdict),
    /// An upstream that failed was left alone, and then asked again.
    Breaker(Box<BreakerVerdict>),
    /// A crowd was let in as far as there was room.
    Bulkhead(Box<BulkheadVerdict>),
    /// What failed was sent again.
    Retry(Box<RetryVerdict>),
    /// Limits were decided on, wherever they are kept.
    Store(StoreVerdict),
}

impl Verdict {
    /// Whether it did.
    #[must_use]
    pub fn held(&self) -> bool {
        match self {
            Self::Limit(verdict) => verdict.held(),
            Self::Breaker(verdict) => verdict.held(),
            Self::Bulkhead(verdict) => verdict.held(),
            Self::Retry(verdict) => verdict.held(),
            Self::Store(verdict) => verdict.held(),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(verdict) => verdict.fmt(f),
            Self::Breaker(verdict) => verdict.fmt(f),
            Self::Bulkhead(verdict) => verdict.fmt(f),
            Self::Retry(verdict) => verdict.fmt(f),
            Self::Store(verdict) => verdict.fmt(f),
        }
    }
}

/// How a verdict begins.
fn held(held: bool) -> &'static str {
    if held { "held" } else { "DID NOT HOLD" }
}
