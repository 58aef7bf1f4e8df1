//! The modes for services that speak HTTP.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use http::{Extensions, HeaderMap, Request, Response, StatusCode};
use http_body::Body;

use super::{Meta, Respond};
use crate::body::Watch;
use crate::classify::{self, Verdict};
use crate::{BoxError, HasHead, Head, LayerError, Rejection, ResBody, answer, guard::Guard};

/// Answers with a response: `application/problem+json`, or a trailers-only status for gRPC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Http;

/// Answers with [`LayerError::Rejected`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typed;

/// Answers with a boxed [`Rejection`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Boxed;

/// Answers with the response that a closure makes.
#[derive(Clone, Copy)]
pub struct RespondWith<F>(pub F);

impl<F> fmt::Debug for RespondWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RespondWith")
    }
}

/// What the four modes share: the body is wrapped, a guard moves into it.
macro_rules! http_responses {
    ($request:ident, $body:ident) => {
        type Response = Response<ResBody<$body>>;

        const HEADERS: bool = true;

        #[inline]
        fn head(request: &Request<$request>) -> Option<Head<'_>> {
            Some(request.head())
        }

        #[inline]
        fn verdict(response: &Response<$body>) -> Verdict {
            classify::response(response)
        }

        #[inline]
        fn inner_head(response: &Response<$body>) -> Option<(StatusCode, &HeaderMap)> {
            Some((response.status(), response.headers()))
        }

        #[inline]
        fn at_end(response: &Response<$body>) -> bool {
            response.body().is_end_stream()
        }

        #[inline]
        fn pass(response: Response<$body>) -> Self::Response {
            response.map(ResBody::new)
        }

        fn hold(response: Response<$body>, guard: Guard) -> Self::Response {
            let (head, body) = response.into_parts();
            let body = ResBody::holding(body, &head.headers, guard);
            Response::from_parts(head, body)
        }

        fn watch(response: Response<$body>, watch: Pin<Box<dyn Watch>>) -> Self::Response {
            let (head, body) = response.into_parts();
            let body = ResBody::watched(body, &head.headers, watch);
            Response::from_parts(head, body)
        }

        #[inline]
        fn request_headers(request: &mut Request<$request>) -> Option<&mut HeaderMap> {
            Some(request.headers_mut())
        }

        #[inline]
        fn request_extensions(request: &mut Request<$request>) -> Option<&mut Extensions> {
            Some(request.extensions_mut())
        }

        #[inline]
        fn headers(response: &mut Self::Response) -> Option<&mut HeaderMap> {
            Some(response.headers_mut())
        }

        #[inline]
        fn extensions(response: &mut Self::Response) -> Option<&mut Extensions> {
            Some(response.extensions_mut())
        }
    };
}

impl<A, B: Body, E> Respond<Request<A>, Response<B>, E> for Http {
    type Error = E;
    type Meta = Meta;

    http_responses!(A, B);

    #[inline]
    fn meta(request: &Request<A>) -> Meta {
        Meta::of(request)
    }

    #[inline]
    fn fail(error: E) -> E {
        error
    }

    fn reject(&self, why: Rejection, meta: Meta) -> Result<Self::Response, E> {
        Ok(answer::respond(why, meta).map(ResBody::from))
    }
}

impl<A, B: Body, E> Respond<Request<A>, Response<B>, E> for Typed {
    type Error = LayerError<E>;
    type Meta = ();

    http_responses!(A, B);

    #[inline]
    fn meta(_: &Request<A>) {}

    #[inline]
    fn fail(error: E) -> LayerError<E> {
        LayerError::Inner(error)
    }

    fn reject(&self, why: Rejection, (): ()) -> Result<Self::Response, LayerError<E>> {
        Err(LayerError::Rejected(why))
    }
}

impl<A, B: Body, E: Into<BoxError>> Respond<Request<A>, Response<B>, E> for Boxed {
    type Error = BoxError;
    type Meta = ();

    http_responses!(A, B);

    #[inline]
    fn meta(_: &Request<A>) {}

    #[inline]
    fn fail(error: E) -> BoxError {
        error.into()
    }

    fn fault(error: &BoxError) -> Verdict {
        classify::error(&**error)
    }

    fn reject(&self, why: Rejection, (): ()) -> Result<Self::Response, BoxError> {
        Err(why.into())
    }
}

impl<A, B: Body, E, F> Respond<Request<A>, Response<B>, E> for RespondWith<F>
where
    F: Fn(&Rejection, &Meta) -> Response<Bytes> + Clone,
{
    type Error = E;
    type Meta = Meta;

    http_responses!(A, B);

    #[inline]
    fn meta(request: &Request<A>) -> Meta {
        Meta::of(request)
    }

    #[inline]
    fn fail(error: E) -> E {
        error
    }

    fn reject(&self, why: Rejection, meta: Meta) -> Result<Self::Response, E> {
        let mut response = (self.0)(&why, &meta);
        response.extensions_mut().insert(why);
        Ok(response.map(ResBody::from))
    }
}
