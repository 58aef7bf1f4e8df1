//! Rejections: one type for every layer's "no".
//!
//! A rejection is data: which layer refused (its kind and its name), why, where the call got to,
//! and when to come back. It is the same value whether it becomes a response, a typed error or a
//! boxed one, and an outer layer recognises it wherever it ends up: in an error's
//! [`source`](std::error::Error::source) chain (see [`rejection()`]) or in a response's extensions.

mod cause;
mod error;
mod reason;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

pub use self::cause::Cause;
pub use self::error::{BoxError, LayerError, rejection};
pub use self::reason::{GrpcCode, Late, Origin, Reason};
use crate::store::Source;
use crate::{Name, text::duration};

/// A layer's refusal of a call.
///
/// Its [`Display`](fmt::Display) is one line for a person: what, limit, where, next step. It never
/// holds the caller's key.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::{Origin, Reason, Rejection, per_minute};
///
/// let why = Rejection::new("ratelimit", "login", Reason::rate_limited(per_minute(5), "client ip"))
///     .with_retry_after(Duration::from_secs(12));
/// assert_eq!(
///     why.to_string(),
///     r#"rate limited: "login" allows 5 per minute (by client ip); retry after 12s"#,
/// );
/// assert_eq!(why.origin(), Origin::Local);
/// assert_eq!(why.status(), 429);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    layer: &'static str,
    name: Name,
    reason: Reason,
    retry_after: Option<Duration>,
    decider: Option<Source>,
}

impl Rejection {
    /// A refusal by the layer of kind `layer` with the name `name`.
    #[must_use]
    pub fn new(layer: &'static str, name: impl Into<Name>, reason: Reason) -> Self {
        Self { layer, name: name.into(), reason, retry_after: None, decider: None }
    }

    /// Says when the same call would pass if nobody else called.
    #[must_use]
    pub const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Says who decided, where a [store](crate::store) was asked.
    #[must_use]
    pub const fn with_decider(mut self, decider: Source) -> Self {
        self.decider = Some(decider);
        self
    }

    /// The kind of the layer, such as `"ratelimit"`.
    #[must_use]
    pub const fn layer(&self) -> &'static str {
        self.layer
    }

    /// The name of the layer; `"default"` if it was given none.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name.as_str()
    }

    /// Why the call was refused.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Where the call got to.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.reason.origin()
    }

    /// How long to wait until the same call would pass if nobody else called; `None` if waiting
    /// does not help or nobody knows.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Who decided, where a [store](crate::store) was asked: the store, or who stood in for it. `None`
    /// of a refusal that no limit in a store decided, such as one for want of the store.
    #[must_use]
    pub const fn decider(&self) -> Option<Source> {
        self.decider
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.reason.status()
    }

    /// The gRPC status code of the answer.
    #[must_use]
    pub const fn grpc_code(&self) -> GrpcCode {
        self.reason.grpc_code()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.describe(self.name(), f)?;
        match self.retry_after {
            Some(wait) => {
                write!(f, "; {} {}", self.reason.next(), duration::display(coarse(wait)))
            }
            None => Ok(()),
        }
    }
}

impl Error for Rejection {}

/// Rounds up to what a person wants to read: milliseconds below ten seconds, else seconds.
pub(crate) fn coarse(wait: Duration) -> Duration {
    if wait < Duration::from_secs(10) {
        Duration::from_millis(ceil(wait.as_nanos(), 1_000_000))
    } else {
        Duration::from_secs(ceil(wait.as_nanos(), 1_000_000_000))
    }
}

/// Rounds up to milliseconds what has ten of them: what remains of a deadline is no round number.
pub(crate) fn in_millis(limit: Duration) -> Duration {
    match limit.as_millis() {
        0..10 => limit,
        _ => Duration::from_millis(ceil(limit.as_nanos(), 1_000_000)),
    }
}

pub(crate) fn ceil(nanos: u128, unit: u128) -> u64 {
    u64::try_from(nanos.div_ceil(unit)).unwrap_or(u64::MAX)
}
