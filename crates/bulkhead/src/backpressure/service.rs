//! The service.

use std::fmt;
use std::task::{Context, Poll, ready};

use palisade_core::{Http, Respond};
use tower_service::Service;

use crate::backpressure::reservation::Reservation;
use crate::layer::future::ResponseFuture;

/// A service that is ready when it has a place, and the inner service is ready.
///
/// A service that was readied and is dropped gives its place back; a clone is never ready, and
/// stands in the line by itself. One that waits and is not polled again keeps its turn, and the place
/// when it comes: drop what you do not call.
#[derive(Clone)]
pub struct Backpressure<S, R = Http> {
    pub(crate) inner: S,
    pub(crate) reservation: Reservation,
    pub(crate) respond: R,
}

impl<S, R> Backpressure<S, R> {
    /// The inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, Req, R> Service<Req> for Backpressure<S, R>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    type Response = R::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S, Req, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        ready!(self.reservation.poll(cx));
        self.inner.poll_ready(cx).map_err(R::fail)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let until = self.reservation.front().until;
        if let Some(stay) = self.reservation.take() {
            return ResponseFuture::passing(self.inner.call(request), Some(stay), until);
        }
        match self.reservation.conclude() {
            Ok(stay) => ResponseFuture::passing(self.inner.call(request), stay, until),
            Err(why) => {
                let meta = R::meta(&request);
                ResponseFuture::refused(self.respond.reject(why, meta))
            }
        }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for Backpressure<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backpressure").field("inner", &self.inner).finish_non_exhaustive()
    }
}
