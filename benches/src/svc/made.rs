//! Services that are made of others, and of functions.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower_service::Service;

/// A function that is called as a service: how what has no layer is put before one.
#[derive(Clone, Copy, Debug)]
pub struct By<F>(pub F);

impl<F, Req, Called, T, E> Service<Req> for By<F>
where
    F: FnMut(Req) -> Called,
    Called: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = Called;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Called {
        (self.0)(request)
    }
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
