//! The modes for services that do not speak HTTP.

use std::fmt;

use super::Respond;
use crate::classify::{self, Verdict};
use crate::{BoxError, LayerError, Rejection, guard::Guard};

/// Answers with [`LayerError::Rejected`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plain;

/// Answers with a boxed [`Rejection`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlainBoxed;

/// Answers with the outcome that a closure makes.
#[derive(Clone, Copy)]
pub struct RejectWith<F>(pub F);

impl<F> fmt::Debug for RejectWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RejectWith")
    }
}

/// What the three modes share: nothing of the request is kept, and a response ends its permit.
macro_rules! plain_responses {
    ($request:ident, $response:ident) => {
        type Response = $response;
        type Meta = ();

        const HOLDS: bool = false;

        #[inline]
        fn meta(_: &$request) {}

        #[inline]
        fn pass(response: $response) -> $response {
            response
        }

        #[inline]
        fn hold(response: $response, guard: Guard) -> $response {
            guard.success();
            response
        }
    };
}

impl<Req, Res, E> Respond<Req, Res, E> for Plain {
    type Error = LayerError<E>;

    plain_responses!(Req, Res);

    #[inline]
    fn fail(error: E) -> LayerError<E> {
        LayerError::Inner(error)
    }

    fn reject(&self, why: Rejection, (): ()) -> Result<Res, LayerError<E>> {
        Err(LayerError::Rejected(why))
    }
}

impl<Req, Res, E: Into<BoxError>> Respond<Req, Res, E> for PlainBoxed {
    type Error = BoxError;

    plain_responses!(Req, Res);

    #[inline]
    fn fail(error: E) -> BoxError {
        error.into()
    }

    fn fault(error: &BoxError) -> Verdict {
        classify::error(&**error)
    }

    fn reject(&self, why: Rejection, (): ()) -> Result<Res, BoxError> {
        Err(why.into())
    }
}

impl<Req, Res, E, F: Fn(Rejection) -> Result<Res, E> + Clone> Respond<Req, Res, E>
    for RejectWith<F>
{
    type Error = E;

    plain_responses!(Req, Res);

    #[inline]
    fn fail(error: E) -> E {
        error
    }

    fn reject(&self, why: Rejection, (): ()) -> Result<Res, E> {
        (self.0)(why)
    }
}
