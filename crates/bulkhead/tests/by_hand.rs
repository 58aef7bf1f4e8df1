//! The bulkhead without Tower.

mod scripted;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use palisade_bulkhead::{Bulkhead, Ratio};
use palisade_core::Reason;
use palisade_core::test::drop_at_every_await;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready_ok, task};

use self::scripted::{WAIT, counts, due_in, load};

fn queueing() -> Bulkhead {
    Bulkhead::new(1).max_queued(2).max_wait(WAIT)
}

#[test]
fn a_permit_gives_its_place_back_and_says_how_it_went() {
    let bulkhead = Bulkhead::new(2);
    let handle = bulkhead.handle();
    let (first, second) = (bulkhead.try_acquire().unwrap(), bulkhead.try_acquire().unwrap());
    assert_eq!(bulkhead.try_acquire().unwrap_err().reason(), Reason::bulkhead_full(2));
    drop(first);
    second.failure();
    let panics = || {
        let _permit = bulkhead.try_acquire().unwrap();
        panic!("as it should");
    };
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(counts(&handle), [1, 2, 1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn acquire_waits_its_turn_and_no_longer_than_it_may() {
    let bulkhead = queueing();
    let handle = bulkhead.handle();
    let permit = bulkhead.acquire().await.unwrap();
    let mut next = task::spawn(bulkhead.acquire());
    assert_eq!(load(&handle), (1, 0), "nobody waits who was not polled");
    assert_pending!(next.poll());
    assert_eq!(load(&handle), (1, 1));
    assert!(bulkhead.try_acquire().is_err());
    let started = Instant::now();
    let why = bulkhead.acquire().await.unwrap_err();
    assert_eq!((why.reason(), started.elapsed()), (Reason::queue_timeout(WAIT), WAIT));
    // The first to wait is late as well by now, but its turn came before it was asked.
    drop(permit);
    let permit = assert_ready_ok!(next.poll());
    drop(permit);
    assert_eq!(counts(&handle), [2, 0, 2, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_bounds_the_wait() {
    let bulkhead = queueing();
    let _permit = bulkhead.try_acquire().unwrap();
    let started = Instant::now();
    let why = due_in(WAIT / 5).scope(bulkhead.acquire()).await.unwrap_err();
    assert_eq!((why.reason(), started.elapsed()), (Reason::Expired, WAIT / 5));
    let why = due_in(Duration::ZERO).enter(|| bulkhead.try_acquire()).unwrap_err();
    assert_eq!(why.reason(), Reason::Expired);
}

#[tokio::test(start_paused = true)]
async fn heavy_permits_take_what_they_weigh() {
    let bulkhead = Bulkhead::new(10).max_queued(1);
    let handle = bulkhead.handle();
    let heavy = bulkhead.try_acquire_many(7).unwrap();
    assert!(bulkhead.try_acquire_many(4).is_err());
    let mut waiting = task::spawn(bulkhead.acquire_many(100));
    assert_pending!(waiting.poll());
    assert!(bulkhead.try_acquire_many(1).is_err(), "somebody waits");
    let none = bulkhead.try_acquire_many(0).unwrap();
    drop(heavy);
    let all = assert_ready_ok!(waiting.poll());
    assert_eq!(load(&handle), (10, 0));
    drop((all, none));
    counts(&handle);
}

#[tokio::test(start_paused = true)]
async fn a_call_runs_when_it_has_a_place() {
    let bulkhead = queueing();
    let handle = bulkhead.handle();
    let permit = bulkhead.try_acquire().unwrap();
    let mut call = task::spawn(bulkhead.call(async {
        sleep(WAIT).await;
        7
    }));
    assert_pending!(call.poll());
    drop(permit);
    assert_pending!(call.poll());
    assert_eq!(load(&handle), (1, 0));
    sleep(WAIT).await;
    assert_eq!(assert_ready_ok!(call.poll()), 7);
    assert_eq!(load(&handle), (0, 0), "though the future is still there");
    assert_eq!(counts(&handle), [2, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn whatever_await_it_is_dropped_at_a_call_leaves_nothing_behind() {
    let bulkhead = queueing();
    let handle = bulkhead.handle();
    let polls = drop_at_every_await(
        || {
            let (holder, bulkhead) = (bulkhead.try_acquire().unwrap(), bulkhead.clone());
            async move {
                let call = bulkhead.call(async { sleep(Duration::from_millis(5)).await });
                let release = async {
                    sleep(Duration::from_millis(5)).await;
                    drop(holder);
                };
                let (output, ()) = tokio::join!(call, release);
                output.unwrap();
            }
        },
        |_| {
            counts(&handle);
        },
    )
    .await;
    assert!(polls >= 3, "{polls}");
}

#[tokio::test(start_paused = true)]
async fn switched_off_or_on_trial_it_refuses_nobody() {
    let off = Bulkhead::new(0).enabled(false);
    let permits = [off.try_acquire().unwrap(), off.acquire().await.unwrap()];
    assert_eq!(counts(&off.handle()), [0; 5]);
    let trial = Bulkhead::new(0).max_queued(1).enforce(Ratio::ZERO);
    let shadows = [trial.try_acquire().unwrap(), trial.acquire().await.unwrap()];
    assert_eq!(trial.call(async { 7 }).await, Ok(7));
    assert_eq!(counts(&trial.handle()), [0, 0, 0, 3, 0]);
    drop((permits, shadows));
}

#[tokio::test(start_paused = true)]
async fn a_layer_of_it_is_the_same_bulkhead() {
    let bulkhead = queueing();
    let layer = bulkhead.layer().plain();
    let service = tower::Layer::layer(&layer, palisade_core::test::echo::<u8>());
    let permit = bulkhead.try_acquire().unwrap();
    let mut answer = task::spawn(tower::ServiceExt::oneshot(service, 7));
    assert_pending!(answer.poll());
    drop(permit);
    assert_eq!(assert_ready_ok!(answer.poll()), 7);
}
