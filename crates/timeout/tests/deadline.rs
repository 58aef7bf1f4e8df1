//! The deadline that everything inside sees.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use palisade_core::{CallContext, Clock, Micros, Ratio};
use palisade_timeout::TimeoutLayer;
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt, service_fn};

const SHORT: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_millis(40);

/// What is left of the call's time, as the inner service sees it.
fn left() -> Option<Duration> {
    let deadline = CallContext::current().deadline()?;
    Some(deadline.since(Clock::tokio().now()).to_duration())
}

/// What is left in `call`, at the first poll, and 4 ms later.
type Seen = [Option<Duration>; 3];

/// What a service inside of `layers`, the outermost first, sees.
async fn seen(layers: &[TimeoutLayer]) -> Seen {
    let inner = service_fn(|()| {
        let called = left();
        async move {
            let polled = left();
            sleep(Duration::from_millis(4)).await;
            Ok::<Seen, Infallible>([called, polled, left()])
        }
    });
    let mut service = tower::util::BoxCloneService::new(inner.map_err(Into::into));
    for layer in layers.iter().rev() {
        service = tower::util::BoxCloneService::new(layer.clone().plain_boxed().layer(service));
    }
    service.oneshot(()).await.unwrap()
}

fn times(first: u64, last: u64) -> Seen {
    [first, first, last].map(|millis| Some(Duration::from_millis(millis)))
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_seen_in_the_call_and_in_every_poll() {
    assert_eq!(seen(&[TimeoutLayer::new(SHORT)]).await, times(10, 6));
    assert_eq!(CallContext::current().deadline(), None, "and only there");
}

#[tokio::test(start_paused = true)]
async fn of_two_deadlines_the_earlier_one_holds() {
    let (short, long) = (TimeoutLayer::new(SHORT), TimeoutLayer::new(LONG));
    assert_eq!(seen(&[short.clone(), long.clone()]).await, times(10, 6));
    assert_eq!(seen(&[long, short]).await, times(10, 6));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_does_not_act_sets_no_deadline() {
    let layer = TimeoutLayer::new(SHORT);
    for idle in [
        layer.clone().enabled(false),
        layer.clone().enforce(Ratio::ZERO),
        TimeoutLayer::new(Duration::MAX),
    ] {
        assert_eq!(seen(std::slice::from_ref(&idle)).await, [None; 3]);
        assert_eq!(seen(&[TimeoutLayer::new(LONG), idle]).await, times(40, 36));
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_call_that_runs_on_keeps_the_deadline_around_it() {
    let late = TimeoutLayer::new(Duration::from_millis(1)).enforce(Ratio::ZERO);
    let handle = late.handle();
    assert_eq!(seen(&[TimeoutLayer::new(LONG), late]).await, times(40, 36));
    assert_eq!(handle.snapshot().shadowed, 1);
}

#[tokio::test(start_paused = true)]
async fn calls_side_by_side_see_their_own() {
    let seen = Arc::new(AtomicU64::new(0));
    let inner = service_fn({
        let seen = Arc::clone(&seen);
        move |()| {
            let seen = Arc::clone(&seen);
            poll_fn(move |_| {
                let Micros(deadline) = CallContext::current().deadline().unwrap();
                seen.store(deadline, Ordering::Relaxed);
                Poll::<Result<(), Infallible>>::Pending
            })
        }
    });
    let mut polled = Vec::new();
    let mut tasks: Vec<_> = [SHORT, LONG]
        .map(|head| {
            let mut service = TimeoutLayer::new(head).plain().layer(inner.clone());
            tokio_test::task::spawn(service.call(()))
        })
        .into();
    for _ in 0..2 {
        for task in &mut tasks {
            assert!(task.poll().is_pending());
            polled.push(seen.load(Ordering::Relaxed));
        }
    }
    let start = Clock::tokio().now().0;
    let micros = |span: Duration| Micros::from(span).0;
    let own = [start + micros(SHORT), start + micros(LONG)];
    assert_eq!(polled, [own, own].concat());
}
