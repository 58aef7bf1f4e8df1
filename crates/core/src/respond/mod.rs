//! What a rejection becomes: a layer's last type parameter.
//!
//! | mode | on rejection | `Response` | `Error` |
//! |---|---|---|---|
//! | [`Http`] (default) | a problem document, or trailers-only to a gRPC request | `http::Response<ResBody<B>>` | unchanged |
//! | [`Typed`] | `Err(LayerError::Rejected(..))` | `http::Response<ResBody<B>>` | `LayerError<E>` |
//! | [`Boxed`] | `Err(BoxError)`, which never nests | `http::Response<ResBody<B>>` | `BoxError` |
//! | [`RespondWith`] | your `http::Response<Bytes>` | `http::Response<ResBody<B>>` | unchanged |
//! | [`Plain`] | `Err(LayerError::Rejected(..))` | unchanged | `LayerError<E>` |
//! | [`PlainBoxed`] | `Err(BoxError)` | unchanged | `BoxError` |
//! | [`RejectWith`] | your `Result` | unchanged | unchanged |
//!
//! The first four are for services whose response is an `http::Response<_>`, the last three for any
//! other. The request's type is never changed.

mod http_modes;
mod macros;
mod meta;
mod plain_modes;

use std::pin::Pin;

use ::http::{Extensions, HeaderMap, StatusCode};
use bytes::Bytes;

pub use self::http_modes::{Boxed, Http, RespondWith, Typed};
pub use self::meta::Meta;
pub use self::plain_modes::{Plain, PlainBoxed, RejectWith};
use crate::body::Watch;
use crate::classify::Verdict;
use crate::guard::{End, Guard};
use crate::{Head, Rejection};

/// The response that [`RespondWith`] takes; a layer wraps its body.
pub type HttpResponse = ::http::Response<Bytes>;

/// Turns a [`Rejection`] into the outcome of a call, and fits the inner service's own outcomes to
/// the same types.
///
/// `Req`, `Res` and `Err` are the inner service's. All but [`reject`](Self::reject) are functions
/// without a receiver, so that a layer's future carries nothing for a call that passes.
#[diagnostic::on_unimplemented(
    message = "a rejection cannot become the outcome of a service with request `{Req}` and response `{Res}` in the mode `{Self}`",
    label = "this layer answers in a mode that does not fit the service",
    note = "`Http` (the default), `.typed()`, `.boxed()` and `.respond_with(..)` need `http::Request<_>` and `http::Response<_>`",
    note = "for any other service end the layer with `.plain()`, `.plain_boxed()` or `.reject_with(..)`"
)]
pub trait Respond<Req, Res, Err>: Clone {
    /// The response type of the wrapped service.
    type Response;

    /// The error type of the wrapped service.
    type Error;

    /// What must be remembered of the request before the inner service owns it.
    type Meta;

    /// Whether responses have [headers](Self::headers): if not, nothing is prepared for them.
    const HEADERS: bool = false;

    /// Whether responses have bodies that [hold](Self::hold) guards: if not, a layer may settle them
    /// itself when the response is there, which is cheaper.
    const HOLDS: bool = true;

    /// Takes what must be remembered.
    fn meta(request: &Req) -> Self::Meta;

    /// The head of the request, if it is an HTTP request.
    fn head(request: &Req) -> Option<Head<'_>> {
        let _ = request;
        None
    }

    /// The headers of the request, if it is an HTTP request, to be changed.
    fn request_headers(request: &mut Req) -> Option<&mut HeaderMap> {
        let _ = request;
        None
    }

    /// The extensions of the request, if it is an HTTP request, to be added to.
    fn request_extensions(request: &mut Req) -> Option<&mut Extensions> {
        let _ = request;
        None
    }

    /// What the inner service's response says about it: success, unless it is an HTTP response,
    /// which is [looked at](crate::classify::response).
    fn verdict(response: &Res) -> Verdict {
        let _ = response;
        Verdict::Success
    }

    /// The status and the headers of the inner service's response, if it is an HTTP response.
    fn inner_head(response: &Res) -> Option<(StatusCode, &HeaderMap)> {
        let _ = response;
        None
    }

    /// Whether the inner service's response has no more to come: it has no body, or one that is at its
    /// end.
    fn at_end(response: &Res) -> bool {
        let _ = response;
        true
    }

    /// Fits the inner service's response.
    fn pass(response: Res) -> Self::Response;

    /// Fits the inner service's response, and settles `guard` when its body ends; at once if the
    /// response has no body that could be watched.
    fn hold(response: Res, guard: Guard) -> Self::Response;

    /// Fits the inner service's response, and lets `watch` look after its body; if the response has no
    /// body that could be watched, it has ended well.
    fn watch(response: Res, mut watch: Pin<Box<dyn Watch>>) -> Self::Response {
        watch.as_mut().end(End::Success);
        Self::pass(response)
    }

    /// Fits the inner service's error.
    fn fail(error: Err) -> Self::Error;

    /// What an error that the mode has fitted says about the inner service: failure, unless it is one
    /// that the mode can [look into](crate::classify::error), as in the boxed modes. A layer that
    /// has to know asks for a [`Judge`](crate::classify::Judge); this asks nothing of the error.
    fn fault(error: &Self::Error) -> Verdict {
        let _ = error;
        Verdict::Failure
    }

    /// Answers in place of the inner service.
    ///
    /// # Errors
    /// The modes that answer with an error.
    fn reject(&self, why: Rejection, meta: Self::Meta) -> Result<Self::Response, Self::Error>;

    /// The headers of a response, if it has any.
    fn headers(response: &mut Self::Response) -> Option<&mut HeaderMap> {
        let _ = response;
        None
    }

    /// The extensions of a response, if it has any.
    fn extensions(response: &mut Self::Response) -> Option<&mut Extensions> {
        let _ = response;
        None
    }
}
