//! Requests as a client has them.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use tower_service::Service;

thread_local! {
    /// Where [`Client`] leaves its request for the next call.
    static SPARE: Cell<Option<Request<Full<Bytes>>>> = const { Cell::new(None) };
}

/// Answers an HTTP request with 200 and no header, and leaves the request behind for the next call.
#[derive(Clone, Copy, Debug)]
pub struct Client;

impl Service<Request<Full<Bytes>>> for Client {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Full<Bytes>>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        SPARE.set(Some(request));
        ready(Ok(Response::new(Full::default())))
    }
}

/// What a client sends.
const HEADERS: [(header::HeaderName, HeaderValue); 6] = [
    (header::HOST, HeaderValue::from_static("example.org")),
    (header::ACCEPT, HeaderValue::from_static("application/json")),
    (header::USER_AGENT, HeaderValue::from_static("a client")),
    (header::AUTHORIZATION, HeaderValue::from_static("Bearer 7d0c5f4e")),
    (header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br")),
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
];

/// The request that [`Client`] left behind, or a first one: a GET with so many headers.
#[must_use]
pub fn client_request(headers: usize) -> Request<Full<Bytes>> {
    let spare = SPARE.take().filter(|request| request.headers().len() == headers);
    spare.unwrap_or_else(|| {
        let mut request = Request::new(Full::default());
        request.headers_mut().extend(HEADERS.into_iter().take(headers));
        request
    })
}
