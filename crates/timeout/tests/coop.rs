//! On time over a service that never yields.
//!
//! A task has a budget of tokio's, which every read and every timer takes from; a handler that
//! always finds more to read uses it up in each poll, and a timer that is polled after it, with
//! what is left, is not asked. Time is paused and moved by hand, since such a task keeps a paused
//! clock from moving by itself.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use palisade_core::test::{Probe, greedy};
use palisade_timeout::TimeoutLayer;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::advance;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

const HEAD: Duration = Duration::from_millis(20);

/// Runs one call in a task of its own until it waits for nothing but itself.
async fn start<S>(service: S) -> JoinHandle<Result<(), BoxError>>
where
    S: Service<(), Response = (), Error = BoxError> + Send + 'static,
    S::Future: Send,
{
    let task = tokio::spawn(service.oneshot(()));
    rounds().await;
    assert!(!task.is_finished());
    task
}

/// Lets the task have some turns.
async fn rounds() {
    for _ in 0..200 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_uses_up_the_budget_is_cut_on_time() {
    let greedy = Probe::new(greedy::<(), ()>());
    let probe = greedy.handle();
    let task = start(TimeoutLayer::new(HEAD).plain_boxed().layer(greedy)).await;
    assert!(probe.counts().future_polls > 1, "it is busy");

    advance(HEAD - Duration::from_millis(1)).await;
    rounds().await;
    assert!(!task.is_finished());

    advance(Duration::from_millis(1)).await;
    rounds().await;
    assert!(task.is_finished());
    let error = task.await.unwrap().unwrap_err();
    assert!(palisade_core::rejection(&*error).is_some());
    assert_eq!(probe.counts().in_flight, 0);
}

/// What the above would look like without care: this is what makes it a test.
#[tokio::test(start_paused = true)]
async fn towers_own_timeout_never_cuts_it() {
    let layer = tower::timeout::TimeoutLayer::new(HEAD);
    let task = start(layer.layer(greedy::<(), ()>())).await;
    advance(HEAD * 1_000).await;
    rounds().await;
    assert!(!task.is_finished());
    task.abort();
}

/// A body that uses up the budget in each poll, and never has anything.
struct Greedy(palisade_core::test::CannedFuture<()>);

impl http_body::Body for Greedy {
    type Data = bytes::Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, BoxError>>> {
        let _ = Pin::new(&mut self.0).poll(cx);
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_uses_up_the_budget_is_cut_on_time() {
    for layer in [TimeoutLayer::new(HEAD).idle(HEAD), TimeoutLayer::new(HEAD).total(HEAD)] {
        let inner = service_fn(|_: Request<()>| async {
            Ok::<_, BoxError>(Response::new(Greedy(greedy::<(), ()>().call(()))))
        });
        let response = layer.layer(inner).oneshot(Request::new(())).await.unwrap();
        let task = tokio::spawn(response.into_body().collect());
        rounds().await;
        advance(HEAD - Duration::from_millis(1)).await;
        rounds().await;
        assert!(!task.is_finished());

        advance(Duration::from_millis(1)).await;
        rounds().await;
        assert!(task.is_finished());
        assert!(palisade_core::rejection(&*task.await.unwrap().unwrap_err()).is_some());
    }
}
