//! Calls in the wait: they are counted, they poll little, they may be left, and others go on.

use std::cell::RefCell;

use palisade::{
    CallContext,
    test::{Probe, count_polls, drop_at_every_await, greedy},
};
use tower::{Layer, Service, ServiceExt};

use super::row;
use crate::support::{Before, DELAY, call, get, rescued};

#[tokio::test(start_paused = true)]
async fn the_service_can_be_called_again_while_a_call_waits() {
    let inner = Probe::new(rescued(row::BEFORE));
    let probe = inner.handle();
    let mut service = row::waiting().layer(inner);
    let first = service.ready().await.unwrap().call(get());
    let second = service.ready().await.unwrap().call(get());
    let (first, second) = tokio::join!(first, second);

    assert_eq!((first.unwrap().status().as_u16(), second.unwrap().status().as_u16()), (200, 200));
    let calls = if row::BEFORE == Before::Nothing { 2 } else { 4 };
    assert_eq!((probe.counts().calls, probe.counts().violations), (calls, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_during_the_wait_leaves_nothing_behind() {
    let handles = RefCell::new(Vec::new());
    let inner = Probe::new(rescued(row::BEFORE));
    let probe = inner.handle();
    let mut drops = 0;
    let make = || {
        let layer = row::waiting();
        handles.borrow_mut().push(layer.handle());
        call(&layer, inner.clone(), get())
    };
    let polls = drop_at_every_await(make, |_| {
        drops += 1;
        assert_eq!(probe.counts().in_flight, 0);
        assert!(handles.borrow().iter().all(|handle| handle.snapshot().in_flight == 0));
    })
    .await;

    // One poll begins the wait, one ends it and calls, one answers.
    assert_eq!((polls, drops), (3, 6));
    let seen = handles.into_inner().into_iter().fold((0, 0), |(abandoned, passed), handle| {
        let seen = handle.snapshot();
        (abandoned + seen.abandoned, passed + seen.passed)
    });
    // Two were dropped in the wait, two after it.
    assert_eq!(seen, if row::HOLDS { (4, 1) } else { (2, 3) });
    assert_eq!(probe.counts().violations, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_in_the_wait_is_in_flight() {
    let layer = row::waiting();
    let answer = tokio::spawn(call(&layer, rescued(row::BEFORE), get()));
    tokio::task::yield_now().await;
    assert_eq!(layer.handle().snapshot().in_flight, 1);
    answer.await.unwrap().unwrap();
    assert_eq!((layer.handle().snapshot().in_flight, layer.handle().snapshot().passed), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_wait_takes_few_polls() {
    let (answer, polls) = count_polls(call(&row::waiting(), rescued(row::BEFORE), get())).await;
    assert_eq!(answer.unwrap().status(), 200);
    assert!(polls.polls <= 3 && polls.wakes <= 2, "{polls:?}");
}

/// What is under way already must not starve what a layer waits for.
#[tokio::test(start_paused = true)]
async fn a_call_that_never_leaves_any_budget_does_not_prolong_the_wait() {
    let inner = tower::service_fn(|request| async {
        match (CallContext::current().attempt(), row::BEFORE) {
            (1, Before::Hangs) => Ok(greedy().oneshot(request).await.unwrap()),
            _ => rescued(row::BEFORE).oneshot(request).await,
        }
    });
    let mut answer = tokio::spawn(call(&row::waiting(), inner, get()));
    tokio::task::yield_now().await;
    tokio::time::advance(DELAY).await;
    for _ in 0..10 {
        if answer.is_finished() {
            return assert_eq!((&mut answer).await.unwrap().unwrap().status(), 200);
        }
        tokio::task::yield_now().await;
    }
    panic!("still waiting long after its time");
}
