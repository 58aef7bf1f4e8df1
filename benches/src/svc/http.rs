//! Services of HTTP requests.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use tower_service::Service;

thread_local! {
    /// Where [`Http`] leaves its request for the next call.
    static SPARE: Cell<Option<Request<Body>>> = const { Cell::new(None) };
}

/// Answers an HTTP request with 200 and no header.
///
/// A request is not made for each call (its first extension alone costs three allocations): the
/// service leaves it behind, and [`request_from`] takes it up again.
#[derive(Clone, Copy, Debug)]
pub struct Http;

impl Service<Request<Body>> for Http {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        SPARE.set(Some(request));
        ready(Ok(Response::new(Body::empty())))
    }
}

/// Answers an HTTP request with 200 and a line of text: [`Http`] with a body that has not ended when
/// the response's head is there.
#[derive(Clone, Copy, Debug)]
pub struct Page;

impl Service<Request<Body>> for Page {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        SPARE.set(Some(request));
        ready(Ok(Response::new(Body::from("a line of text"))))
    }
}

/// The request that [`Http`] left behind, or a first one, from `ip`.
///
/// The address is where `axum::serve` puts it: in the extensions, as `ConnectInfo<SocketAddr>`.
#[must_use]
pub fn request_from(ip: IpAddr) -> Request<Body> {
    let mut request = SPARE.take().unwrap_or_else(|| Request::new(Body::empty()));
    match request.extensions_mut().get_mut::<ConnectInfo<SocketAddr>>() {
        Some(peer) => peer.0.set_ip(ip),
        // A first one, or one that its caller has made without.
        None => _ = request.extensions_mut().insert(ConnectInfo(SocketAddr::from((ip, 443)))),
    }
    request
}
