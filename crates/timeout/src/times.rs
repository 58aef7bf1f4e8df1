//! Times that a request has of its own.

use std::fmt;
use std::time::Duration;

use palisade_core::{HasHead, Head};

/// The times of one call, where they are to differ from those of the layer.
///
/// What is not set is the layer's; [`Duration::MAX`] is no limit.
///
/// ```
/// use std::time::Duration;
/// use palisade_timeout::Times;
///
/// let export = Times::new().head(Duration::from_secs(60)).total(Duration::from_secs(600));
/// assert_eq!(export.idle, None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// Until the response's head.
    pub head: Option<Duration>,
    /// For each wait for more of the body.
    pub idle: Option<Duration>,
    /// Until the end of the body.
    pub total: Option<Duration>,
}

/// Finds the times of a request: [`Fixed`], or the closure of
/// [`times_by`](crate::TimeoutLayer::times_by).
#[diagnostic::on_unimplemented(
    message = "`{Self}` finds no times in a `{Req}`",
    label = "not for this request type",
    note = "`.times_by(|head| ..)` looks at the head of an HTTP request"
)]
pub trait Timing<Req> {
    /// The request's times; `None` if they are the layer's.
    fn times(&self, request: &Req) -> Option<Times>;
}

/// Each request has the layer's times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixed;

/// What a closure says of a request's head.
#[derive(Clone, Copy)]
pub struct TimesBy<F>(pub(crate) F);

impl Times {
    /// Those of the layer.
    #[must_use]
    pub const fn new() -> Self {
        Self { head: None, idle: None, total: None }
    }

    /// With this time until the response's head.
    #[must_use]
    pub const fn head(self, head: Duration) -> Self {
        Self { head: Some(head), ..self }
    }

    /// With this time for each wait for more of the body.
    #[must_use]
    pub const fn idle(self, idle: Duration) -> Self {
        Self { idle: Some(idle), ..self }
    }

    /// With this time until the end of the body.
    #[must_use]
    pub const fn total(self, total: Duration) -> Self {
        Self { total: Some(total), ..self }
    }
}

impl<Req> Timing<Req> for Fixed {
    #[inline]
    fn times(&self, _: &Req) -> Option<Times> {
        None
    }
}

impl<Req: HasHead, F: Fn(&Head<'_>) -> Option<Times>> Timing<Req> for TimesBy<F> {
    #[inline]
    fn times(&self, request: &Req) -> Option<Times> {
        (self.0)(&request.head())
    }
}

impl<F> fmt::Debug for TimesBy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TimesBy")
    }
}
