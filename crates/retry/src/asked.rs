//! What is known of a call when an attempt of it is judged.

use std::fmt;

use http::StatusCode;
use palisade_core::Micros;

/// A call whose attempt is judged.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    is_grpc: bool,
    rules: &'a dyn Rules,
}

/// What a layer knows that judges.
pub(crate) trait Rules {
    fn now(&self) -> Micros;

    fn retries(&self, status: StatusCode) -> bool;
}

impl<'a> Asked<'a> {
    pub(crate) const fn new(is_grpc: bool, rules: &'a dyn Rules) -> Self {
        Self { is_grpc, rules }
    }

    /// Whether it is a gRPC call, as far as its head tells.
    #[must_use]
    pub const fn is_grpc(&self) -> bool {
        self.is_grpc
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.rules.now()
    }

    /// Whether a response of this status is one to try again after, as the layer was told.
    #[must_use]
    pub fn retries(&self, status: StatusCode) -> bool {
        self.rules.retries(status)
    }
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("is_grpc", &self.is_grpc).finish_non_exhaustive()
    }
}
