//! What is left of calls that go away, panic or have ended.

mod support;

use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::test::{Probe, drop_at_every_await, inner, panics};
use palisade_retry::{Retry, RetryLayer};
use support::upstream::{Fault, Req, Res, Slow, Upstream, get, ms, status, steady};
use tokio::time::sleep;
use tokio_test::task::spawn;
use tower::{Layer, Service, ServiceExt};

/// Three attempts, each of which waits, is readied and is under way.
#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_at_any_await_leaves_nothing_behind() {
    let layer = steady();
    let probe = Probe::new(Slow::default());
    let counts = probe.handle();
    let service = layer.layer(probe);
    let (mut drops, mut deepest) = (0, 0);
    let polls = drop_at_every_await(
        || service.clone().oneshot(get()),
        |polls| {
            let seen = layer.handle().snapshot();
            assert_eq!((counts.counts().in_flight, seen.in_flight), (0, 0), "after {polls} polls");
            drops = seen.abandoned;
            deepest = polls;
        },
    )
    .await;
    assert_eq!(counts.counts().violations, 0);
    // Readied, called; then twice more a wait, readied, called; and the poll that ends it.
    assert_eq!((polls, deepest), (9, 9));
    let seen = layer.handle().snapshot();
    assert_eq!((seen.failed, seen.passed), (1, 0));
    // Not yet a call: before the first poll, and while the first attempt is readied (twice).
    assert_eq!(drops, 2 * 8 - 2, "each is counted once");
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_keeps_the_service_from_no_one() {
    let (service, led) = inner::<Req, Res, Fault>();
    let layer = steady();
    let mut service = layer.layer(service);
    let mut call = spawn(service.ready().await.unwrap().call(get()));
    assert!(call.poll().is_pending());
    led.allow(1);
    led.try_next_call().unwrap().respond(status(503));
    assert!(call.is_woken() && call.poll().is_pending());
    tokio::time::advance(ms(100)).await;
    assert!(call.poll().is_pending());
    drop(call);
    let mut second = led.try_next_call().unwrap();
    second.dropped().await;
    assert_eq!(layer.handle().snapshot().abandoned, 1);
    // Dropped while it waits, it makes no other attempt.
    led.allow(1);
    let mut call = spawn(service.ready().await.unwrap().call(get()));
    assert!(call.poll().is_pending());
    led.try_next_call().unwrap().respond(status(503));
    assert!(call.poll().is_pending());
    drop(call);
    sleep(ms(1_000)).await;
    assert!(led.try_next_call().is_none());
    assert_eq!(layer.handle().snapshot().in_flight, 0);
}

#[derive(Clone)]
struct PanicsInCall(Arc<std::sync::atomic::AtomicUsize>, usize);

impl Service<Req> for PanicsInCall {
    type Response = Res;
    type Error = Fault;
    type Future = std::future::Ready<Result<Res, Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Req) -> Self::Future {
        let call = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        assert!(call < self.1, "a panic on purpose");
        std::future::ready(Ok(status(503)))
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_inner_service_passes_and_counts_as_abandoned() {
    for calls in 0..3 {
        let layer = steady();
        let service = layer.layer(PanicsInCall(Arc::default(), calls));
        let task = tokio::spawn(service.oneshot(get()));
        assert!(task.await.unwrap_err().is_panic(), "in the call after {calls}");
        let seen = layer.handle().snapshot();
        assert_eq!((seen.abandoned, seen.in_flight), (1, 0), "in the call after {calls}");
    }
    let layer = RetryLayer::standard();
    let task = tokio::spawn(layer.layer(panics::<Req, Res>()).oneshot(get()));
    assert!(task.await.unwrap_err().is_panic(), "in the future");
    let seen = layer.handle().snapshot();
    assert_eq!((seen.abandoned, seen.in_flight), (1, 0));
}

/// An upstream whose clones are counted.
#[derive(Clone)]
struct Counted {
    upstream: Upstream<Req, Res, Fault>,
    _clones: Arc<()>,
}

impl Service<Req> for Counted {
    type Response = Res;
    type Error = Fault;
    type Future = <Upstream<Req, Res, Fault> as Service<Req>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.upstream.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        self.upstream.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn a_future_that_has_ended_holds_neither_the_service_nor_the_request() {
    for answers in
        [vec![Ok(status(200))], vec![Ok(status(503))], vec![Ok(status(503)), Ok(status(200))]]
    {
        let (clones, marks) = (Arc::new(()), Arc::new(()));
        let layer = steady();
        let upstream = Upstream::new(answers);
        let mut service: Retry<_> =
            layer.layer(Counted { upstream: upstream.clone(), _clones: Arc::clone(&clones) });
        let mut request = get();
        request.extensions_mut().insert(Arc::clone(&marks));
        let mut call = spawn(service.ready().await.unwrap().call(request));
        let response = loop {
            if let Poll::Ready(response) = call.poll() {
                break response.unwrap();
            }
            tokio::time::advance(ms(50)).await;
        };
        assert_eq!(layer.handle().snapshot().in_flight, 0);
        assert_eq!(Arc::strong_count(&clones), 1 + 1, "ours, and the service's own");
        assert_eq!(Arc::strong_count(&marks), 1 + upstream.calls(), "ours, and what was sent");
        drop((call, response));
    }
}
