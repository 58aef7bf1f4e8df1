//! A time limit on a tokio timer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::gate::Refused;

/// Polls the inner future first, and arms a timer only if that is pending.
#[derive(Clone, Copy, Debug)]
pub struct Deadline<S> {
    inner: S,
    after: Duration,
}

impl<S> Deadline<S> {
    /// Limits the time that `inner` may take.
    pub fn new(inner: S, after: Duration) -> Self {
        Self { inner, after }
    }
}

impl<S: Service<Req>, Req> Service<Req> for Deadline<S> {
    type Response = S::Response;
    type Error = Refused<S::Error>;
    type Future = Limited<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Refused::Inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        Limited { inner: self.inner.call(request), timer: None, after: self.after }
    }
}

pin_project! {
    /// The future of [`Deadline`].
    #[derive(Debug)]
    pub struct Limited<F> {
        #[pin]
        inner: F,
        #[pin]
        timer: Option<Sleep>,
        after: Duration,
    }
}

impl<F, T, E> Future for Limited<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, Refused<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(result) = this.inner.poll(cx) {
            return Poll::Ready(result.map_err(Refused::Inner));
        }
        if this.timer.is_none() {
            this.timer.set(Some(sleep(*this.after)));
        }
        if let Some(timer) = this.timer.as_pin_mut() {
            ready!(timer.poll(cx));
        }
        Poll::Ready(Err(Refused::Limit))
    }
}
