//! What an HTTP limiter does besides: it finds the caller's address, and may write headers.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::extract::ConnectInfo;
use http::{HeaderName, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::gate::Check;
use super::table::Table;

/// A bucket for each address that `axum::serve` found a connection to come from.
#[derive(Debug)]
pub struct ByIp(pub Table);

impl<B> Check<Request<B>> for ByIp {
    #[inline]
    fn admit(&self, request: &Request<B>) -> bool {
        match request.extensions().get::<ConnectInfo<SocketAddr>>() {
            // As the library does it: an IPv6 caller is its /64.
            Some(peer) => self.0.check(match peer.0.ip().to_canonical() {
                IpAddr::V4(ip) => u64::from(ip.to_bits()),
                IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64,
            }),
            None => false,
        }
    }
}

/// Adds two headers to every answer, one of them the same each time.
#[derive(Clone, Copy, Debug)]
pub struct WithHeaders<S>(pub S);

impl<S, B, Req> Service<Req> for WithHeaders<S>
where
    S: Service<Req, Response = Response<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Adding<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        Adding { inner: self.0.call(request) }
    }
}

pin_project! {
    /// The future of [`WithHeaders`].
    #[derive(Debug)]
    pub struct Adding<F> {
        #[pin]
        inner: F,
    }
}

impl<F, B, E> Future for Adding<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
        const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

        let mut response = ready!(self.project().inner.poll(cx))?;
        let headers = response.headers_mut();
        headers.insert(POLICY, HeaderValue::from_static("\"default\";q=1000000000;w=1"));
        // Its digits are written for nothing here: a copy of as many bytes is the least it takes.
        if let Ok(value) = HeaderValue::from_bytes(b"\"default\";r=999999999;t=1") {
            headers.insert(LIMIT, value);
        }
        Poll::Ready(Ok(response))
    }
}
