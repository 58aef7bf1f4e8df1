//! The timer that is armed late and goes off in time.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use palisade_core::Alarm;
use palisade_core::test::{count_polls, greedy};
use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, advance};
use tower::Service;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_alarm_is_set_by_the_first_poll_and_by_no_other() {
    let mut alarm = pin!(Alarm::new());
    advance(SECOND).await;
    let started = Instant::now();
    let mut asked = 0;
    let ring = poll_fn(|cx| {
        alarm.as_mut().poll(cx, || {
            asked += 1;
            SECOND
        })
    });
    let ((), polls) = count_polls(ring).await;
    assert_eq!(started.elapsed(), SECOND, "from the first poll on, not from the making");
    assert_eq!((asked, polls.polls), (1, 2));
}

#[test]
fn an_alarm_that_nobody_polls_needs_no_runtime() {
    drop(Alarm::new());
    drop(Alarm::default());
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_rang_rings_on() {
    let mut alarm = pin!(Alarm::new());
    poll_fn(|cx| alarm.as_mut().poll(cx, || SECOND)).await;
    let mut cx = Context::from_waker(Waker::noop());
    assert!(alarm.as_mut().poll(&mut cx, || SECOND).is_ready());
}

#[tokio::test(start_paused = true)]
async fn the_longest_span_is_no_panic() {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(pin!(Alarm::new()).poll(&mut cx, || Duration::MAX).is_pending());
}

#[tokio::test(start_paused = true)]
async fn an_alarm_rings_behind_a_future_that_eats_the_tasks_budget() {
    let mut alarm = pin!(Alarm::new());
    let mut inner = pin!(greedy::<(), ()>().call(()));
    let set = poll_fn(|cx| Poll::Ready(alarm.as_mut().poll(cx, || SECOND)));
    assert!(set.await.is_pending());
    advance(SECOND).await;
    poll_fn(|cx| {
        assert!(inner.as_mut().poll(cx).is_pending());
        assert!(!has_budget_remaining());
        assert!(alarm.as_mut().poll(cx, || SECOND).is_ready());
        Poll::Ready(())
    })
    .await;
}
