//! How often a call takes its turn, and that it has it on time.

mod support;

use std::task::{Context, Poll};

use palisade_core::test::count_polls;
use palisade_core::{CallContext, Clock, Micros};
use support::upstream::{Fault, Req, Res, Slow, Upstream, get, ms, status, steady};
use tokio::task::yield_now;
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt};

#[tokio::test(start_paused = true)]
async fn waiting_is_no_polling() {
    let (outcome, polls) = count_polls(steady().layer(Slow::default()).oneshot(get())).await;
    assert_eq!(outcome.unwrap().status(), 503);
    // Readied and called three times, and two waits.
    assert_eq!((polls.polls, polls.wakes), (9, 8));
}

/// Fails once; from then on it always has something to do before it is ready, and uses up the budget
/// that its task has for that.
#[derive(Clone)]
struct Hungry(Upstream<Req, Res, Fault>);

impl Service<Req> for Hungry {
    type Response = Res;
    type Error = Fault;
    type Future = <Upstream<Req, Res, Fault> as Service<Req>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        if self.0.calls() == 0 {
            return Poll::Ready(Ok(()));
        }
        while let Poll::Ready(coop) = tokio::task::coop::poll_proceed(cx) {
            coop.made_progress();
        }
        Poll::Pending
    }

    fn call(&mut self, request: Req) -> Self::Future {
        self.0.call(request)
    }
}

/// A task that is always busy keeps a paused clock from moving by itself.
async fn pass(millis: u64) {
    advance(ms(millis)).await;
    for _ in 0..200 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_met_though_the_service_that_gets_ready_is_greedy() {
    let service = steady().layer(Hungry(Upstream::new([Ok(status(503))])));
    let deadline = Clock::default().now() + Micros(150_000);
    let call = CallContext::current().with_deadline(deadline).scope(service.oneshot(get()));
    let task = tokio::spawn(call);
    pass(0).await;
    pass(100).await;
    pass(49).await;
    assert!(!task.is_finished());
    pass(1).await;
    assert!(task.is_finished());
    assert_eq!(task.await.unwrap().unwrap().status(), 503);
}
