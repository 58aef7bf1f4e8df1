//! Who waits: in which order, for how long, and what is left when they go away.

#![expect(clippy::panic, reason = "a test's helpers are tests, too")]

mod scripted;

use std::task::{Context, Waker};
use std::time::Duration;

use palisade_bulkhead::BulkheadLayer;
use palisade_core::test::{after, count_polls, drop_at_every_await};
use palisade_core::{LayerError, Origin, Reason, Rejection};
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready};
use tower::{Layer, Service, ServiceExt};

use self::scripted::{Outcome, WAIT, call, counts, due_in, load, scripted, start};

fn layer(max_queued: u32) -> BulkheadLayer {
    BulkheadLayer::new(1).max_queued(max_queued).max_wait(WAIT).name("search")
}

fn why(outcome: Outcome) -> Rejection {
    match outcome {
        Err(LayerError::Rejected(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn who_came_first_comes_in_first() {
    let (service, script, handle) = scripted(layer(10));
    let mut first = start(&service, 0);
    let mut waiting: Vec<_> = (1..=5).map(|n| start(&service, n)).collect();
    assert_eq!(load(&handle), (1, 5));
    // Polled in another order than they came in.
    for answer in waiting.iter_mut().rev() {
        assert_pending!(answer.poll());
    }
    script.try_next_call().unwrap().respond(0);
    assert_eq!(assert_ready!(first.poll()), Ok(0));
    for (at, answer) in waiting.iter_mut().enumerate() {
        let n = at as u32 + 1;
        assert!(answer.is_woken());
        assert_pending!(answer.poll());
        let call = script.try_next_call().unwrap();
        assert_eq!(*call.request(), n);
        call.respond(n);
        assert_eq!(assert_ready!(answer.poll()), Ok(n));
    }
    assert_eq!(counts(&handle), [6, 0, 0, 0, 0]);
    assert_eq!(handle.snapshot().waited, 5);
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_does_not_overtake_who_has_its_turn_but_was_not_polled_yet() {
    let (service, script, handle) = scripted(layer(10));
    let mut first = start(&service, 0);
    let mut second = start(&service, 1);
    script.try_next_call().unwrap().respond(0);
    assert_ready!(first.poll()).unwrap();
    assert_eq!(load(&handle), (1, 0), "its place is taken");
    let third = start(&service, 2);
    assert!(script.try_next_call().is_none());
    assert_pending!(second.poll());
    assert_eq!(*script.try_next_call().unwrap().request(), 1);
    drop((second, third));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_exactly_when_it_is_over() {
    let (service, _script, handle) = scripted(layer(1));
    let _first = start(&service, 0);
    let started = Instant::now();
    let why = why(call(&service, 1).into_inner().await);
    assert_eq!(started.elapsed(), WAIT);
    assert_eq!((why.layer(), why.name()), ("bulkhead", "search"));
    assert_eq!((why.reason(), why.origin()), (Reason::queue_timeout(WAIT), Origin::Local));
    assert_eq!(handle.snapshot().rejected, 1);
    assert_eq!(load(&handle), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_told_from_a_full_bulkhead() {
    let (service, _script, handle) = scripted(layer(2));
    let _inside = [start(&service, 0), start(&service, 1), start(&service, 2)];
    assert_eq!(why(call(&service, 3).into_inner().await).reason(), Reason::queue_full(2));
    handle.set_max_queued(0);
    assert_eq!(why(call(&service, 4).into_inner().await).reason(), Reason::bulkhead_full(1));
    assert_eq!(load(&handle), (1, 2), "who waits already waits on");
}

#[tokio::test(start_paused = true)]
async fn with_no_time_nobody_waits_and_with_all_time_nobody_needs_a_timer() {
    let (service, script, handle) = scripted(layer(1).max_wait(Duration::ZERO));
    let first = start(&service, 0);
    let refused = assert_ready!(call(&service, 1).poll());
    assert_eq!(why(refused).reason(), Reason::queue_timeout(Duration::ZERO));
    assert_eq!(load(&handle), (1, 0));

    handle.set_max_wait(Duration::MAX);
    let mut second = start(&service, 2);
    sleep(Duration::from_secs(365 * 86_400)).await;
    assert!(!second.is_woken());
    drop((first, script.try_next_call()));
    assert_pending!(second.poll());
    script.try_next_call().unwrap().respond(2);
    assert_eq!(assert_ready!(second.poll()), Ok(2));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_comes_first_ends_the_wait() {
    let (service, _script, handle) = scripted(layer(1));
    let _first = start(&service, 0);
    let started = Instant::now();
    let waiting = due_in(WAIT / 2).enter(|| call(&service, 1));
    assert_eq!(why(waiting.into_inner().await).reason(), Reason::Expired);
    assert_eq!(started.elapsed(), WAIT / 2);
    // One that comes later than the wait ends does not.
    let waiting = due_in(WAIT * 2).enter(|| call(&service, 2));
    assert_eq!(why(waiting.into_inner().await).reason(), Reason::queue_timeout(WAIT));
    assert_eq!(load(&handle), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_noticed_after_the_deadline_is_the_next_ones() {
    let (service, script, handle) = scripted(layer(2));
    let mut first = start(&service, 0);
    let mut second = due_in(WAIT / 2).enter(|| call(&service, 1));
    assert_pending!(second.poll());
    let mut third = start(&service, 2);
    script.try_next_call().unwrap().respond(0);
    assert_ready!(first.poll()).unwrap();
    sleep(WAIT / 2).await;
    assert_eq!(why(assert_ready!(second.poll())).reason(), Reason::Expired);
    assert!(third.is_woken());
    assert_pending!(third.poll());
    assert_eq!(*script.try_next_call().unwrap().request(), 2);
    drop(third);
    assert_eq!(counts(&handle), [1, 0, 1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_leaves_the_queue() {
    let (service, script, handle) = scripted(layer(3));
    let mut first = start(&service, 0);
    let (second, mut third) = (start(&service, 1), start(&service, 2));
    drop(second);
    assert_eq!(load(&handle), (1, 1));
    script.try_next_call().unwrap().respond(0);
    assert_ready!(first.poll()).unwrap();
    assert_pending!(third.poll());
    assert_eq!(*script.try_next_call().unwrap().request(), 2);
    drop(third);
    assert_eq!(counts(&handle), [1, 0, 0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_owner_goes_away_is_the_next_ones() {
    let (service, script, handle) = scripted(layer(3));
    let mut first = start(&service, 0);
    let (second, mut third) = (start(&service, 1), start(&service, 2));
    script.try_next_call().unwrap().respond(0);
    assert_ready!(first.poll()).unwrap();
    assert!(second.is_woken() && !third.is_woken());
    drop(second);
    assert!(third.is_woken());
    assert_pending!(third.poll());
    drop(third);
    assert_eq!(counts(&handle), [1, 0, 0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn whatever_await_it_is_dropped_at_a_call_that_waits_leaves_nothing_behind() {
    let layer = layer(3);
    let handle = layer.handle();
    let mut service = layer.plain().layer(after::<u32, u32>(2, 7));
    let polls = drop_at_every_await(
        || {
            let blocker = service.call(0);
            let waiting = service.clone().oneshot(1);
            async move {
                let blocker = tokio::spawn(blocker);
                let answer = waiting.await;
                blocker.abort();
                answer
            }
        },
        |_| {},
    )
    .await;
    assert!(polls > 1, "{polls}");
    // The blockers that were left to themselves have to end.
    sleep(Duration::from_millis(1)).await;
    counts(&handle);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_is_polled_no_more_than_it_must_be() {
    let (service, script, _handle) = scripted(layer(3));
    let first = start(&service, 0);
    let second = call(&service, 1).into_inner();
    let serve = async {
        sleep(WAIT / 2).await;
        drop((first, script.try_next_call()));
        script.next_call().await.respond(1);
    };
    let ((answer, polls), ()) = tokio::join!(count_polls(second), serve);
    assert_eq!(answer, Ok(1));
    assert!(polls.wakes <= 3 && polls.polls <= 4, "{polls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_waiter_holds_nothing_of_the_inner_service_until_its_turn() {
    let (mut service, script, handle) = scripted(layer(1));
    let probe = service.get_ref().handle();
    let mut first = start(&service, 0);
    script.allow(1);
    service.ready().await.unwrap();
    let mut second = tokio_test::task::spawn(service.call(1));
    assert_pending!(second.poll());
    assert_eq!(probe.counts().unused, 1, "the readied instance was given up");
    // What it had reserved is there for another one, and then nothing is.
    let mut other = service.clone();
    assert!(other.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());

    script.try_next_call().unwrap().respond(0);
    assert_ready!(first.poll()).unwrap();
    assert_pending!(second.poll());
    assert_eq!(load(&handle), (1, 0), "it has its place while the clone becomes ready");
    assert!(script.try_next_call().is_none());
    drop(other);
    assert!(second.is_woken());
    assert_pending!(second.poll());
    script.try_next_call().unwrap().respond(1);
    assert_eq!(assert_ready!(second.poll()), Ok(1));
    assert_eq!(probe.counts().violations, 0);
    assert_eq!(counts(&handle), [2, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_fails_to_become_ready_gives_the_place_back() {
    let (service, script, handle) = scripted(layer(1));
    let mut first = start(&service, 0);
    let mut second = start(&service, 1);
    script.try_next_call().unwrap().respond(0);
    assert_ready!(first.poll()).unwrap();
    script.fail_readiness("broken");
    assert_eq!(assert_ready!(second.poll()), Err(LayerError::Inner("broken")));
    assert_eq!(counts(&handle), [1, 1, 0, 0, 0]);
}

#[test]
fn whoever_comes_in_at_once_or_is_refused_needs_no_runtime() {
    let (service, script, handle) = scripted(layer(0));
    let mut first = start(&service, 0);
    assert!(matches!(assert_ready!(call(&service, 1).poll()), Err(LayerError::Rejected(_))));
    script.try_next_call().unwrap().respond(0);
    assert_eq!(assert_ready!(first.poll()), Ok(0));
    assert_eq!(counts(&handle), [1, 0, 1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_in_waits_for_the_inner_service_no_longer_than_its_deadline() {
    let (service, script, handle) = scripted(layer(2));
    let mut first = start(&service, 0);
    // Of one call the wait would end before the deadline does, of the other not.
    for due in [WAIT * 4, WAIT / 2] {
        let started = Instant::now();
        let mut second = due_in(due).enter(|| call(&service, 1));
        assert_pending!(second.poll());
        script.hold();
        script.try_next_call().unwrap().respond(0);
        assert_ready!(first.poll()).unwrap();
        assert_pending!(second.poll());
        assert_eq!(load(&handle), (1, 0));
        assert_eq!(why(second.into_inner().await).reason(), Reason::Expired);
        assert_eq!((started.elapsed(), load(&handle)), (due, (0, 0)));
        script.open();
        assert!(script.try_next_call().is_none());
        first = start(&service, 0);
    }
    drop(first);
    assert_eq!(counts(&handle), [2, 0, 2, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_that_is_ready_after_the_deadline_is_not_called() {
    let (service, script, handle) = scripted(layer(2));
    let mut first = start(&service, 0);
    let mut second = due_in(WAIT / 2).enter(|| call(&service, 1));
    assert_pending!(second.poll());
    let mut third = start(&service, 2);
    script.hold();
    script.try_next_call().unwrap().respond(0);
    assert_ready!(first.poll()).unwrap();
    assert_pending!(second.poll());
    sleep(WAIT / 2).await;
    script.open();
    assert_eq!(why(assert_ready!(second.poll())).reason(), Reason::Expired);
    assert!(third.is_woken());
    assert_pending!(third.poll());
    assert_eq!(*script.try_next_call().unwrap().request(), 2);
    drop(third);
    assert_eq!(counts(&handle), [1, 0, 1, 0, 1]);
}
