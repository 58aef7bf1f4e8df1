//! A check as a layer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_service::Service;

/// Decides whether a request may pass.
pub trait Check<Req> {
    /// Whether this one may.
    fn admit(&self, request: &Req) -> bool;
}

/// Why a call through a [`Gate`] failed.
#[derive(Debug)]
pub enum Refused<E> {
    /// The check said no.
    Limit,
    /// The inner service failed.
    Inner(E),
}

/// Calls the inner service if the check admits the request.
#[derive(Debug)]
pub struct Gate<S, C> {
    inner: S,
    check: Arc<C>,
}

impl<S, C> Gate<S, C> {
    /// Puts `check` before `inner`.
    pub fn new(inner: S, check: C) -> Self {
        Self { inner, check: Arc::new(check) }
    }
}

impl<S: Clone, C> Clone for Gate<S, C> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), check: Arc::clone(&self.check) }
    }
}

impl<S, C, Req> Service<Req> for Gate<S, C>
where
    S: Service<Req>,
    C: Check<Req>,
{
    type Response = S::Response;
    type Error = Refused<S::Error>;
    type Future = Passing<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Refused::Inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let admitted = self.check.admit(&request);
        Passing { inner: admitted.then(|| self.inner.call(request)) }
    }
}

pin_project! {
    /// The future of a [`Gate`].
    #[derive(Debug)]
    pub struct Passing<F> {
        // `None`: refused.
        #[pin]
        inner: Option<F>,
    }
}

impl<F, T, E> Future for Passing<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, Refused<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().inner.as_pin_mut() {
            Some(inner) => inner.poll(cx).map_err(Refused::Inner),
            None => Poll::Ready(Err(Refused::Limit)),
        }
    }
}
