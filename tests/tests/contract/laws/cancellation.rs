//! Dropping a future is an outcome, and so is a panic: nothing leaks, everything is counted.

use std::{
    task::{Context, Waker},
    time::Duration,
};

use palisade::test::{Probe, after, drop_at_every_await, panics};
use tower::{Layer, Service, ServiceExt};

use super::row;
use crate::support::{Fault, Req, Res, call, get, late, ok, pass};

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_at_any_await_leaves_nothing_behind() {
    let layer = row::generous();
    let handle = layer.handle();
    let inner = Probe::new(after(3, ok()));
    let probe = inner.handle();
    let make = || {
        let mut service = layer.layer(inner.clone());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Service::<Req>::poll_ready(&mut service, &mut cx).is_ready());
        service.call(get())
    };
    let mut drops = 0;
    let polls = drop_at_every_await(make, |_| {
        drops += 1;
        assert_eq!(probe.counts().in_flight, 0);
        assert_eq!(handle.snapshot().in_flight, 0);
    })
    .await;

    // All but the last were dropped on the way: not polled, and twice after each of three polls.
    assert_eq!((polls, drops), (4, 8));
    let seen = handle.snapshot();
    let expected = if row::HOLDS { (7, 1) } else { (0, 8) };
    assert_eq!((seen.abandoned, seen.passed), expected);
    assert_eq!(row::refused(&handle), 0);
    assert_eq!(probe.counts().violations, 0);
}

#[tokio::test(start_paused = true)]
async fn a_readied_service_that_goes_away_leaves_nothing_behind() {
    let layer = row::generous();
    // More often than any row lets calls in at once.
    for _ in 0..20_000 {
        let mut service = layer.layer(palisade::test::ready::<Req, Res>(ok()));
        tokio_test::assert_ready_ok!(tokio_test::task::spawn(service.ready()).poll());
    }
    assert_eq!(layer.handle().snapshot().in_flight, 0);
    pass(&layer).await;
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.abandoned), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_while_a_slow_call_runs_is_counted() {
    let layer = row::generous();
    let handle = layer.handle();
    let slow = tokio::spawn(call(&layer, late(ok()), get()));
    tokio::task::yield_now().await;
    assert_eq!(handle.snapshot().in_flight, u64::from(row::HOLDS));

    slow.abort();
    assert!(slow.await.unwrap_err().is_cancelled());
    let seen = handle.snapshot();
    let expected = if row::HOLDS { (0, 1, 0) } else { (0, 0, 1) };
    assert_eq!((seen.in_flight, seen.abandoned, seen.passed), expected);
}

#[tokio::test(start_paused = true)]
async fn a_finished_future_that_is_kept_holds_nothing() {
    let layer = row::generous();
    let inner = palisade::test::ready::<Req, Res>(ok());
    let mut answer = tokio_test::task::spawn(call(&layer, inner, get()));
    let kept = tokio_test::assert_ready_ok!(answer.poll());

    assert_eq!(layer.handle().snapshot().in_flight, 0);
    drop((answer, kept));
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.abandoned), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_inner_future_leaks_nothing() {
    let layer = row::generous();
    let panicked = tokio::spawn(call(&layer, panics::<Req, Res>(), get()));
    assert!(panicked.await.unwrap_err().is_panic());

    let panicked = layer.handle().snapshot();
    assert_eq!((panicked.in_flight, panicked.passed), (0, u64::from(!row::HOLDS)));
    pass(&layer).await;
    assert_eq!(layer.handle().snapshot().passed, panicked.passed + 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_inner_call_leaks_nothing() {
    let layer = row::generous();
    let inner = tower::service_fn(|_: Req| -> std::future::Ready<Result<Res, Fault>> {
        panic!("before there is a future")
    });
    let panicked = tokio::spawn(call(&layer, inner, get()));
    assert!(panicked.await.unwrap_err().is_panic());

    let panicked = layer.handle().snapshot();
    assert_eq!((panicked.in_flight, panicked.passed), (0, u64::from(!row::HOLDS)));
    pass(&layer).await;
    assert_eq!(layer.handle().snapshot().passed, panicked.passed + 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_at_once_all_land() {
    let layer = row::generous();
    let calls: Vec<_> = (0..1000).map(|_| tokio::spawn(call(&layer, late(ok()), get()))).collect();
    // Paused time moves when all of them wait.
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(layer.handle().snapshot().in_flight, if row::HOLDS { 1000 } else { 0 });
    for call in &calls[..500] {
        call.abort();
    }
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.is_err(), n < 500);
    }

    let seen = layer.handle().snapshot();
    let expected = if row::HOLDS { (0, 500, 500) } else { (0, 1000, 0) };
    assert_eq!((seen.in_flight, seen.passed, seen.abandoned), expected);
}
