//! Why a layer refused a call, and what follows from it on every wire.

use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::Cause;
use crate::{Micros, Quota, text::duration};

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
    /// The circuit breaker is open.
    #[non_exhaustive]
    CircuitOpen {
        /// Why it opened.
        cause: Cause,
        /// For how long it has been open.
        open_for: Duration,
    },
    /// As many calls are under way as may be, and calls do not wait.
    #[non_exhaustive]
    BulkheadFull {
        /// How many may be.
        limit: u32,
    },
    /// As many calls are under way as may be, and as many wait.
    #[non_exhaustive]
    QueueFull {
        /// How many may wait.
        queued: u32,
    },
    /// The call has waited for its turn, and it did not come in time.
    #[non_exhaustive]
    QueueTimeout {
        /// How long it has waited.
        waited: Duration,
    },
    /// The call's deadline passed before it was sent.
    Expired,
    /// The inner service was not as quick as it had to be.
    #[non_exhaustive]
    TimedOut {
        /// What was late.
        late: Late,
        /// The time that it had.
        limit: Duration,
        /// How long the call took until it was given up.
        elapsed: Duration,
    },
}

/// What of an answer came too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Late {
    /// The head of the response, or the response where there is no body.
    Head,
    /// The next piece of the response's body.
    Idle,
    /// The end of the response's body.
    Total,
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

const UNAVAILABLE: &str = "Service Unavailable";

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

    /// The circuit breaker has been open for `open_for`, because of `cause`.
    #[must_use]
    pub const fn circuit_open(cause: Cause, open_for: Micros) -> Self {
        Self::CircuitOpen { cause, open_for: open_for.to_duration() }
    }

    /// As many calls are under way as may be, and calls do not wait.
    #[must_use]
    pub const fn bulkhead_full(limit: u32) -> Self {
        Self::BulkheadFull { limit }
    }

    /// As many calls are under way as may be, and `queued` wait, which is as many as may.
    #[must_use]
    pub const fn queue_full(queued: u32) -> Self {
        Self::QueueFull { queued }
    }

    /// The call has `waited` for its turn in vain.
    #[must_use]
    pub const fn queue_timeout(waited: Duration) -> Self {
        Self::QueueTimeout { waited }
    }

    /// No answer, or no such part of one, within `limit`; the call was given up after `elapsed`.
    #[must_use]
    pub const fn timed_out(late: Late, limit: Duration, elapsed: Duration) -> Self {
        Self::TimedOut { late, limit, elapsed }
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
            Self::StoreDown => ("store_down", UNAVAILABLE, Local, 503, Grpc::Unavailable),
            Self::CircuitOpen { .. } => {
                ("circuit_open", UNAVAILABLE, Local, 503, Grpc::Unavailable)
            }
            Self::BulkheadFull { .. } => {
                ("bulkhead_full", UNAVAILABLE, Local, 503, Grpc::ResourceExhausted)
            }
            Self::QueueFull { .. } => {
                ("queue_full", UNAVAILABLE, Local, 503, Grpc::ResourceExhausted)
            }
            Self::QueueTimeout { .. } => {
                ("queue_timeout", UNAVAILABLE, Local, 503, Grpc::ResourceExhausted)
            }
            Self::Expired => ("expired", "Gateway Timeout", Local, 504, Grpc::DeadlineExceeded),
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

    /// What comes when the rejection's wait is over.
    pub(crate) const fn next(&self) -> &'static str {
        match self {
            Self::CircuitOpen { .. } => "next probe in",
            _ => "retry after",
        }
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
            Self::KeyMissing { by } => write!(f, "no key: {name:?} needs one ({by})"),
            Self::StoreDown => write!(f, "store down: {name:?} cannot decide without its store"),
            Self::CircuitOpen { cause: cause @ Cause::Throttled { .. }, .. } => {
                write!(f, "circuit {name:?} lets only some calls through ({cause})")
            }
            Self::CircuitOpen { cause, open_for } => {
                let open_for = duration::display(super::coarse(*open_for));
                write!(f, "circuit {name:?} open for {open_for} ({cause})")
            }
            Self::BulkheadFull { limit } => {
                write!(f, "bulkhead full: {name:?} allows {limit} at once")
            }
            Self::QueueFull { queued } => {
                write!(f, "queue full: {queued} calls already wait for {name:?}")
            }
            Self::QueueTimeout { waited } => {
                let waited = duration::display(super::coarse(*waited));
                write!(f, "timed out in the queue: {name:?} had no place for {waited}")
            }
            Self::Expired => {
                write!(f, "expired: the deadline passed before {name:?} sent the call")
            }
            Self::TimedOut { late, limit, elapsed } => {
                let what = match late {
                    Late::Head => "got no answer within",
                    Late::Idle => "got no more data for",
                    Late::Total => "did not get the whole answer within",
                };
                let limit = duration::display(super::in_millis(*limit));
                let elapsed = duration::display(super::coarse(*elapsed));
                write!(f, "timed out: {name:?} {what} {limit} (given up after {elapsed})")
            }
        }
    }
}
