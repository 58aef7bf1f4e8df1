//! An error that several callers are told.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use palisade_core::BoxError;
use palisade_core::store::StoreError;

/// Why units that several callers waited for were not taken.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    kind: Kind,
    cause: Arc<dyn Error + Send + Sync>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    NotSent,
    Unknown,
    Rejected,
}

/// One cause of several errors.
#[derive(Debug)]
struct Shared(Arc<dyn Error + Send + Sync>);

impl Failure {
    /// What was asked is not known to have been done, and nobody waits for it any more.
    pub(super) fn lost() -> Self {
        let cause: BoxError = "units were asked for ahead, and the answer was given up".into();
        Self { kind: Kind::Unknown, cause: Arc::from(cause) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (kind, cause) = match error {
            StoreError::NotSent(cause) => (Kind::NotSent, cause),
            StoreError::Rejected(cause) => (Kind::Rejected, cause),
            StoreError::Unknown(cause) => (Kind::Unknown, cause),
            // A kind that is not known says nothing of what was charged.
            other => (Kind::Unknown, other.into()),
        };
        Self { kind, cause: Arc::from(cause) }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let cause = Shared(failure.cause).into();
        match failure.kind {
            Kind::NotSent => Self::NotSent(cause),
            Kind::Unknown => Self::Unknown(cause),
            Kind::Rejected => Self::Rejected(cause),
        }
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
