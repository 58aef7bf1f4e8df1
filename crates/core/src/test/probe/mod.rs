//! [`Probe`]: a service that watches how it is used.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use tower_layer::Layer;
use tower_service::Service;

mod counts;
mod future;

use self::{counts::Counters, future::Flight};
pub use self::{
    counts::{Counts, ProbeHandle},
    future::ProbeFuture,
};

/// Passes everything on to `S` and counts how it is used.
///
/// Clones share the counts. A clone is never ready, however ready the original was: tower lets a
/// service reserve something in `poll_ready` for the one instance that was polled, so a middleware
/// that readies one instance and calls another has called a service without asking it. The probe
/// counts that as a violation and still passes the call on.
///
/// ```
/// use palisade_core::test::{Probe, ready};
/// use tower::{Service, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mut service = Probe::new(ready("pong"));
/// let probe = service.handle();
///
/// assert_eq!(service.ready().await.unwrap().call("ping").await.unwrap(), "pong");
///
/// let counts = probe.counts();
/// assert_eq!((counts.polls_ready, counts.calls, counts.violations), (1, 1, 0));
/// assert_eq!((counts.in_flight, counts.peak), (0, 1));
/// # }
/// ```
#[derive(Debug)]
pub struct Probe<S> {
    inner: S,
    counters: Arc<Counters>,
    ready: bool,
}

/// Puts a [`Probe`] around each service it is given; all of them count together.
///
/// ```
/// use palisade_core::test::{ProbeLayer, echo};
/// use tower::{Layer, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let probe = ProbeLayer::new();
/// let (a, b) = (probe.layer(echo()), probe.layer(echo()));
///
/// a.oneshot("one").await.unwrap();
/// b.oneshot("two").await.unwrap();
///
/// assert_eq!(probe.handle().counts().calls, 2);
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProbeLayer {
    counters: Arc<Counters>,
}

impl<S> Probe<S> {
    /// Watches `inner`, with counts of its own.
    pub fn new(inner: S) -> Self {
        ProbeLayer::new().layer(inner)
    }

    /// Reads what this probe and its clones have counted; outlives them.
    #[must_use]
    pub fn handle(&self) -> ProbeHandle {
        ProbeHandle::new(&self.counters)
    }
}

impl<S, Req> Service<Req> for Probe<S>
where
    S: Service<Req>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ProbeFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.counters.polled_ready();
        let polled = self.inner.poll_ready(cx);
        self.ready = matches!(polled, Poll::Ready(Ok(())));
        polled
    }

    fn call(&mut self, request: Req) -> Self::Future {
        // The flight takes off first, so that a panic in `call` lands it.
        let flight = Flight::new(&self.counters);
        self.counters.called(std::mem::take(&mut self.ready));
        ProbeFuture::new(self.inner.call(request), flight)
    }
}

impl<S: Clone> Clone for Probe<S> {
    fn clone(&self) -> Self {
        self.counters.cloned();
        // Readiness belongs to the instance that was polled.
        Self { inner: self.inner.clone(), counters: Arc::clone(&self.counters), ready: false }
    }
}

impl<S> Drop for Probe<S> {
    fn drop(&mut self) {
        if self.ready {
            self.counters.readied_for_nothing();
        }
    }
}

impl ProbeLayer {
    /// A layer with counts of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads what all probes of this layer have counted.
    #[must_use]
    pub fn handle(&self) -> ProbeHandle {
        ProbeHandle::new(&self.counters)
    }
}

impl<S> Layer<S> for ProbeLayer {
    type Service = Probe<S>;

    fn layer(&self, inner: S) -> Probe<S> {
        Probe { inner, counters: Arc::clone(&self.counters), ready: false }
    }
}
