//! Why a layer refused a call, and what follows from it on every wire.

use std::fmt;
use std::time::Duration;

use http::StatusCode;

use crate::{Quota, text::duration};

/// Why a layer refused or ended a call.
///
/// Each reason has one HTTP status, one gRPC code, one label in metrics and one [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The caller's quota is used up.
    #[non_exhaustive]
    RateLimited {
        /// What the caller may do.
        quota: Quota,
        /// What callers are told apart by, such as `"client ip"`; empty if they are not.
        by: &'static str,
    },
    /// The request has no key, and the layer was told to refuse such requests.
    #[non_exhaustive]
    KeyMissing {
        /// What callers are told apart by.
        by: &'static str,
    },
    /// The store that holds the limit is out of reach, and the layer was told to refuse then.
    StoreDown,
    /// The inner service did not answer in time.
    #[non_exhaustive]
    TimedOut {
        /// The time that it had.
        limit: Duration,
    },
}

/// Where a rejected call got to.
///
/// Breakers and retries ignore what never left the process, and count what was sent and failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Refused before the call was sent: it says nothing about the inner service.
    Local,
    /// Sent, and ended by a layer: the inner service failed.
    Upstream,
}

/// The gRPC status codes that rejections map to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrpcCode {
    /// `DEADLINE_EXCEEDED`
    DeadlineExceeded = 4,
    /// `RESOURCE_EXHAUSTED`
    ResourceExhausted = 8,
    /// `UNAVAILABLE`
    Unavailable = 14,
}

/// One row of the table that `docs/design.md` prints.
struct Row {
    label: &'static str,
    title: &'static str,
    origin: Origin,
    status: StatusCode,
    code: GrpcCode,
}

// ===== impl Reason =====

impl Reason {
    /// The caller's `quota` is used up; callers are told apart `by`, such as `"client ip"`.
    #[must_use]
    pub const fn rate_limited(quota: Quota, by: &'static str) -> Self {
        Self::RateLimited { quota, by }
    }

    /// The request lacks the key that callers are told apart `by`.
    #[must_use]
    pub const fn key_missing(by: &'static str) -> Self {
        Self::KeyMissing { by }
    }

    /// No answer within `limit`.
    #[must_use]
    pub const fn timed_out(limit: Duration) -> Self {
        Self::TimedOut { limit }
    }

    const fn row(&self) -> Row {
        use {GrpcCode as Grpc, Origin::*};
        let (label, title, origin, status, code) = match self {
            Self::RateLimited { .. } => {
                ("rate_limited", "Too Many Requests", Local, 429, Grpc::ResourceExhausted)
            }
            Self::KeyMissing { .. } => {
                ("key_missing", "Too Many Requests", Local, 429, Grpc::ResourceExhausted)
            }
            Self::StoreDown => ("store_down", "Service Unavailable", Local, 503, Grpc::Unavailable),
            Self::TimedOut { .. } => {
                ("timed_out", "Gateway Timeout", Upstream, 504, Grpc::DeadlineExceeded)
            }
        };
        let status = match status {
            429 => StatusCode::TOO_MANY_REQUESTS,
            503 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::GATEWAY_TIMEOUT,
        };
        Row { label, title, origin, status, code }
    }

    /// The value of the label `reason` in `palisade_rejections_total`.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        self.row().label
    }

    /// The `title` of the problem document.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.row().title
    }

    /// Where the call got to.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.row().origin
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.row().status
    }

    /// The gRPC status code.
    #[must_use]
    pub const fn grpc_code(&self) -> GrpcCode {
        self.row().code
    }

    /// Whether a client must be told when to come back, or that it never should.
    pub(crate) const fn is_quota(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::KeyMissing { .. })
    }

    pub(crate) fn describe(&self, name: &str, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            Self::RateLimited { quota, by: "" } => {
                write!(f, "rate limited: {name:?} allows {quota}")
            }
            Self::RateLimited { quota, by } => {
                write!(f, "rate limited: {name:?} allows {quota} (by {by})")
            }
            Self::KeyMissing { by } => write!(f, "rate limited: {name:?} needs a key ({by})"),
            Self::StoreDown => write!(f, "store down: {name:?} cannot decide without its store"),
            Self::TimedOut { limit } => {
                write!(f, "timed out: {name:?} got no answer within {}", duration::display(*limit))
            }
        }
    }
}
