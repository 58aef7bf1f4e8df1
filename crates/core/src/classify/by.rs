//! Who judges the outcomes of a layer's calls.

use std::error::Error;
use std::fmt;

use http::{Request, Response};
use http_body::Body;

use super::{Verdict, error};
use crate::BoxError;
use crate::respond::{Boxed, Http, Plain, PlainBoxed, RejectWith, Respond, RespondWith, Typed};

/// Judges the outcomes of calls, for a layer that answers in the mode `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot judge a service with response `{Res}` and error `{Err}` in the mode `{R}`",
    label = "no verdict on these outcomes",
    note = "an error that is a `BoxError` is judged in the modes `.boxed()` and `.plain_boxed()`, or with `.classify(BoxErrors)`",
    note = "any other error must be a `std::error::Error`, or be judged by your own `.classify_by(|outcome| ..)`"
)]
pub trait Classify<R, Req, Res, Err>
where
    R: Respond<Req, Res, Err>,
{
    /// The verdict on a response, when its head is there.
    fn response(&self, response: &Res) -> Verdict {
        R::verdict(response)
    }

    /// The verdict on an error, and the error that it becomes.
    fn error(&self, error: Err) -> (Verdict, R::Error);
}

/// A mode whose errors can be looked into, to find the rejections of layers inside.
pub trait Judge<Req, Res, Err>: Respond<Req, Res, Err> {
    /// The verdict on an error that the mode has fitted.
    fn judge(error: &Self::Error) -> Verdict;
}

/// The rules of [this module](super).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standard;

/// The same around a service whose error is a [`BoxError`], in a mode that leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoxErrors;

/// What a closure says of a response or an error.
#[derive(Clone, Copy)]
pub struct ClassifyBy<F>(pub F);

impl<R, Req, Res, Err> Classify<R, Req, Res, Err> for Standard
where
    R: Judge<Req, Res, Err>,
{
    fn error(&self, error: Err) -> (Verdict, R::Error) {
        let error = R::fail(error);
        (R::judge(&error), error)
    }
}

impl<R, Req, Res> Classify<R, Req, Res, BoxError> for BoxErrors
where
    R: Respond<Req, Res, BoxError>,
{
    fn error(&self, error: BoxError) -> (Verdict, R::Error) {
        (super::error(&*error), R::fail(error))
    }
}

impl<R, Req, Res, Err, F> Classify<R, Req, Res, Err> for ClassifyBy<F>
where
    R: Respond<Req, Res, Err>,
    F: Fn(Result<&Res, &Err>) -> Verdict,
{
    fn response(&self, response: &Res) -> Verdict {
        (self.0)(Ok(response))
    }

    fn error(&self, error: Err) -> (Verdict, R::Error) {
        ((self.0)(Err(&error)), R::fail(error))
    }
}

impl<F> fmt::Debug for ClassifyBy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClassifyBy")
    }
}

/// Modes whose error is a `std::error::Error` if the inner service's is.
macro_rules! by_error {
    ($mode:ident $(<$f:ident>)?, $req:ty, $res:ty, [$($generic:ident $(: $bound:ident)?),*]) => {
        impl<$($generic $(: $bound)?,)* E $(, $f)?> Judge<$req, $res, E> for $mode$(<$f>)?
        where
            E: Error + 'static,
            Self: Respond<$req, $res, E, Error: Error + 'static>,
        {
            fn judge(fault: &Self::Error) -> Verdict {
                error(fault)
            }
        }
    };
}

by_error!(Http, Request<A>, Response<B>, [A, B: Body]);
by_error!(Typed, Request<A>, Response<B>, [A, B: Body]);
by_error!(RespondWith<F>, Request<A>, Response<B>, [A, B: Body]);
by_error!(Plain, Req, Res, [Req, Res]);
by_error!(RejectWith<F>, Req, Res, [Req, Res]);

impl<A, B: Body, E: Into<BoxError>> Judge<Request<A>, Response<B>, E> for Boxed {
    fn judge(fault: &BoxError) -> Verdict {
        <Self as Respond<Request<A>, Response<B>, E>>::fault(fault)
    }
}

impl<Req, Res, E: Into<BoxError>> Judge<Req, Res, E> for PlainBoxed {
    fn judge(fault: &BoxError) -> Verdict {
        <Self as Respond<Req, Res, E>>::fault(fault)
    }
}
