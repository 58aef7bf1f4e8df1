//! A refusal is an answer to a call, never to `poll_ready`; it comes at once, and leaves nothing behind.

use std::task::{Context, Poll, Waker};

use palisade::test::{Probe, count_polls, greedy};
use tower::{Layer, Service, ServiceExt};

use super::row;
use crate::support::{LATE, Req, Res, call, get, late, ok};

#[tokio::test(start_paused = true)]
async fn poll_ready_never_rejects() {
    let layer = row::strict();
    row::spend(&layer).await;
    let mut service = layer.layer(late(ok()));
    for _ in 0..3 {
        let mut cx = Context::from_waker(Waker::noop());
        let polled = Service::<Req>::poll_ready(&mut service, &mut cx);
        assert_eq!(polled, Poll::Ready(Ok(())));
        assert_eq!(service.call(get()).await.unwrap().status(), row::STATUS);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_leaves_the_service_fit_for_the_next() {
    let layer = row::strict();
    row::spend(&layer).await;
    let inner = Probe::new(late(ok()));
    let probe = inner.handle();
    let mut service = layer.layer(inner);
    assert_eq!(service.ready().await.unwrap().call(get()).await.unwrap().status(), row::STATUS);

    row::loosen(&layer.handle());
    assert_eq!(service.ready().await.unwrap().call(get()).await.unwrap().status(), 200);
    assert_eq!(probe.counts().violations, 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_lets_the_inner_future_go_at_once() {
    let layer = row::strict();
    row::spend(&layer).await;
    let inner = Probe::new(late(ok()));
    let probe = inner.handle();
    // Not `oneshot`, which would let go of it for the layer.
    let mut service = layer.layer(inner);
    let mut kept = std::pin::pin!(service.ready().await.unwrap().call(get()));
    assert_eq!(kept.as_mut().await.unwrap().status(), row::STATUS);

    assert_eq!(probe.counts().in_flight, 0, "while the caller still keeps its own");
    assert_eq!(layer.handle().snapshot().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_takes_few_polls() {
    let layer = row::strict();
    row::spend(&layer).await;
    let inner = Probe::new(late(ok()));
    let (answer, polls) = count_polls(call(&layer, inner, get())).await;

    assert_eq!(answer.unwrap().status(), row::STATUS);
    assert!(polls.polls <= 3 && polls.wakes <= 2, "{polls:?}");
}

/// What a layer waits for besides the inner future must not starve behind it.
#[tokio::test(start_paused = true)]
async fn a_call_that_never_leaves_any_budget_does_not_stop_the_layer() {
    let layer = row::strict();
    row::spend(&layer).await;
    let mut answer = tokio::spawn(call(&layer, greedy::<Req, Res>(), get()));
    tokio::task::yield_now().await;
    tokio::time::advance(LATE).await;
    for _ in 0..10 {
        if answer.is_finished() {
            return assert_eq!((&mut answer).await.unwrap().unwrap().status(), row::STATUS);
        }
        tokio::task::yield_now().await;
    }
    panic!("still running long after its time");
}
