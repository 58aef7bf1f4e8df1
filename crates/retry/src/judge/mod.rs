//! What an attempt's outcome says about making another one.
//!
//! ```
//! use palisade_retry::{Advice, RetryLayer};
//!
//! let retry = RetryLayer::standard().classify_by(|outcome: Result<&String, &std::io::Error>| {
//!     match outcome {
//!         Ok(text) if text.is_empty() => Advice::again(),
//!         Ok(_) => Advice::Done,
//!         Err(_) => Advice::Stop,
//!     }
//! });
//! ```

mod advice;
mod answer;
mod standard;

use std::fmt;

pub use self::advice::{Advice, Again};
pub use self::answer::Answer;
pub use self::standard::{BoxErrors, Plain, PlainBoxed, Standard};
use crate::asked::Asked;

/// Says what an attempt's outcome means for the next one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot judge the response `{Res}` and the error `{Err}`",
    label = "no advice on these outcomes",
    note = "around a service that does not speak HTTP use `.plain()`, or `.plain_boxed()` if its error is a `BoxError`",
    note = "around an HTTP service whose error is a `BoxError` use `.boxed()`",
    note = "any other error must be a `std::error::Error`, or be judged by your own `.classify_by(|outcome| ..)`"
)]
pub trait Judge<Res, Err> {
    /// What an attempt's outcome means for the next one.
    fn judge(&self, outcome: Result<&Res, &Err>, asked: &Asked<'_>) -> Advice;

    /// Lets an outcome go, before the next attempt is made.
    fn discard(&self, outcome: Result<Res, Err>) {
        drop(outcome);
    }
}

/// What a closure says of an outcome.
#[derive(Clone, Copy)]
pub struct JudgeBy<F>(pub F);

/// Retries what a closure says is to be; everything else is final.
#[derive(Clone, Copy)]
pub struct RetryIf<F>(pub F);

impl<Res, Err, F: Fn(Result<&Res, &Err>) -> Advice> Judge<Res, Err> for JudgeBy<F> {
    fn judge(&self, outcome: Result<&Res, &Err>, _: &Asked<'_>) -> Advice {
        (self.0)(outcome)
    }
}

impl<Res, Err, F: Fn(Result<&Res, &Err>) -> bool> Judge<Res, Err> for RetryIf<F> {
    fn judge(&self, outcome: Result<&Res, &Err>, _: &Asked<'_>) -> Advice {
        match (self.0)(outcome) {
            true => Advice::again(),
            false if outcome.is_ok() => Advice::Done,
            false => Advice::Stop,
        }
    }
}

impl<F> fmt::Debug for JudgeBy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JudgeBy")
    }
}

impl<F> fmt::Debug for RetryIf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RetryIf")
    }
}
