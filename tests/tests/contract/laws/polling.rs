//! A layer polls when there is something to see, and at no other time.

use palisade::test::{Probe, after, count_polls, ready};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{Layer, ServiceExt};

use super::row;
use crate::support::{LATE, Req, Res, call, get, late, led, ok};

#[tokio::test(start_paused = true)]
async fn a_call_that_is_answered_at_once_takes_one_poll() {
    let inner = Probe::new(ready(ok()));
    let probe = inner.handle();
    let (_, polls) = count_polls(call(&row::generous(), inner, get())).await;

    assert_eq!((polls.polls, polls.wakes), (1, 0));
    let counts = probe.counts();
    assert_eq!((counts.polls_ready, counts.future_polls), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_call_does_not_wake_itself() {
    let (inner, handle, probe) = led();
    let layer = row::generous();
    let mut answer = task::spawn(call(&layer, inner, get()));
    for _ in 0..3 {
        assert_pending!(answer.poll());
        assert!(!answer.is_woken(), "nothing has happened");
    }
    assert_eq!(probe.counts().future_polls, 3);

    handle.try_next_call().unwrap().respond(ok());
    assert!(answer.is_woken());
    assert_eq!(assert_ready_ok!(answer.poll()).status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_takes_few_polls() {
    let inner = Probe::new(late(ok()));
    let probe = inner.handle();
    let start = tokio::time::Instant::now();
    let (_, polls) = count_polls(call(&row::generous(), inner, get())).await;

    assert!(start.elapsed() >= LATE);
    assert!(polls.polls <= 3 && polls.wakes <= 2, "{polls:?}");
    assert!(probe.counts().future_polls <= 3, "{:?}", probe.counts());
}

#[tokio::test(start_paused = true)]
async fn each_wake_of_the_inner_future_is_one_poll_of_it() {
    let inner = Probe::new(after(20, ok()));
    let probe = inner.handle();
    let (_, polls) = count_polls(call(&row::generous(), inner, get())).await;

    assert_eq!((probe.counts().future_polls, polls.polls), (21, 21));
    assert!(polls.wakes <= 21, "{polls:?}");
}

#[tokio::test(start_paused = true)]
async fn poll_ready_polls_the_inner_service_once() {
    let inner = Probe::new(ready::<Req, Res>(ok()));
    let probe = inner.handle();
    let mut service = row::generous().layer(inner);
    service.ready().await.unwrap();
    assert_eq!(probe.counts().polls_ready, 1);
}
