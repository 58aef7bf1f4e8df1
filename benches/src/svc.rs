//! The bare services: always ready, and ready with an answer at the first or the second poll. One fails
//! now and then.

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use tower_service::Service;

/// Answers a number with itself.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Service<u64> for Plain {
    type Response = u64;
    type Error = Infallible;
    type Future = Ready<Result<u64, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u64) -> Self::Future {
        ready(Ok(request))
    }
}

/// Answers a number with itself, and fails for each that [`FAILS`] divides.
#[derive(Clone, Copy, Debug)]
pub struct Flaky;

/// Of so many calls of [`Flaky`], with numbers that follow each other, one fails.
pub const FAILS: u64 = 100;

/// What [`Flaky`] fails with.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service has failed")
    }
}

impl Error for Failed {}

impl Service<u64> for Flaky {
    type Response = u64;
    type Error = Failed;
    type Future = Ready<Result<u64, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u64) -> Self::Future {
        ready(if request.is_multiple_of(FAILS) { Err(Failed) } else { Ok(request) })
    }
}

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

/// Any of these services, with futures that are pending once.
///
/// The waker is not woken: the loop polls again anyway.
#[derive(Clone, Copy, Debug)]
pub struct PendingOnce<S>(pub S);

impl<S, Req> Service<Req> for PendingOnce<S>
where
    S: Service<Req, Future: Unpin>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Second<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        Second { inner: self.0.call(request), polled: false }
    }
}

/// A future that looks at the inner one at its second poll.
#[derive(Debug)]
pub struct Second<F> {
    inner: F,
    polled: bool,
}

impl<F: Future + Unpin> Future for Second<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if !self.polled {
            self.polled = true;
            return Poll::Pending;
        }
        Pin::new(&mut self.inner).poll(cx)
    }
}
