//! The probe's future, and the guard that knows how it ended.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::counts::Counters;

pin_project! {
    /// The future of a [`Probe`](super::Probe): `F`, with its polls and its end counted.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ProbeFuture<F> {
        #[pin]
        inner: F,
        // `None` once `inner` has finished: what is kept after that is no longer in flight.
        flight: Option<Flight>,
    }
}

/// A call in flight; lands when it is dropped.
#[derive(Debug)]
pub(super) struct Flight {
    counters: Arc<Counters>,
    finished: bool,
}

impl<F> ProbeFuture<F> {
    pub(super) fn new(inner: F, flight: Flight) -> Self {
        Self { inner, flight: Some(flight) }
    }
}

impl<F: Future> Future for ProbeFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(flight) = this.flight {
            flight.counters.polled_future();
        }
        let polled = this.inner.poll(cx);
        if polled.is_ready()
            && let Some(mut flight) = this.flight.take()
        {
            flight.finished = true;
        }
        polled
    }
}

impl Flight {
    pub(super) fn new(counters: &Arc<Counters>) -> Self {
        counters.took_off();
        Self { counters: Arc::clone(counters), finished: false }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.counters.landed(self.finished);
    }
}
