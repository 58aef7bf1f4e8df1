//! A circuit breaker as a layer.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_service::Service;

use super::breaker::{Breaker, Find, Window};
use super::gate::Refused;
use crate::drive::Answer;

/// Calls the inner service unless the request's breaker is open.
#[derive(Clone, Copy, Debug)]
pub struct Broken<S, B> {
    inner: S,
    breakers: B,
}

impl<S, B> Broken<S, B> {
    /// Puts `breakers` before `inner`.
    pub fn new(inner: S, breakers: B) -> Self {
        Self { inner, breakers }
    }
}

impl<S, B, Req> Service<Req> for Broken<S, B>
where
    S: Service<Req, Response: Answer>,
    B: Find<Req>,
{
    type Response = S::Response;
    type Error = Refused<S::Error>;
    type Future = Watched<S::Future, B::Found>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Refused::Inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let breaker = self.breakers.find(&request);
        match breaker.admit() {
            Some(admitted) => Watched { inner: Some(self.inner.call(request)), breaker, admitted },
            None => Watched { inner: None, breaker, admitted: 0 },
        }
    }
}

pin_project! {
    /// The future of [`Broken`].
    #[derive(Debug)]
    pub struct Watched<F, R> {
        // `None`: refused.
        #[pin]
        inner: Option<F>,
        breaker: R,
        admitted: u64,
    }
}

impl<F, T, E, R, W> Future for Watched<F, R>
where
    F: Future<Output = Result<T, E>>,
    T: Answer,
    R: Deref<Target = Breaker<W>>,
    W: Window,
{
    type Output = Result<T, Refused<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(Err(Refused::Limit));
        };
        let result = ready!(inner.poll(cx));
        this.breaker.ended(*this.admitted, result.as_ref().is_ok_and(Answer::passed));
        Poll::Ready(result.map_err(Refused::Inner))
    }
}
