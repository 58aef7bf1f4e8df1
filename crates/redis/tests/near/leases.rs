//! Units that are taken ahead.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::algorithm::{Op, Retry};
use palisade_core::store::{Answer, Charge, Source, Store, StoreError};
use palisade_core::{Clock, ManualClock, Micros, Quota, per_hour, per_minute, per_second};
use palisade_ratelimit::{FixedWindow, Gcra, Shaper, SlidingLog, SlidingWindow};
use palisade_redis::{Leases, Refusals};
use tokio::runtime::Handle;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{advance, sleep, timeout};

use crate::support::{Distant, WAY, charge, decide};

const TTL: Duration = Duration::from_millis(200);

fn store() -> (Arc<Distant>, Arc<Leases<Arc<Distant>>>) {
    let distant = Distant::new();
    (Arc::clone(&distant), Arc::new(Leases::new(distant, 50, TTL)))
}

fn window(limit: u32, units: u64) -> Charge {
    charge("api", FixedWindow::new(per_hour(limit)), units)
}

/// Spends enough in a moment for the limit to count as busy: 20 units.
async fn warm(store: &impl Store, charge: &Charge) {
    for _ in 0..20 / charge.units {
        decide(store, charge.clone()).await;
        advance(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_seldom_asked_for_is_not_taken_ahead() {
    let (distant, store) = store();
    for _ in 0..20 {
        assert_eq!(decide(&*store, window(1_000, 1)).await.1.source, Source::Store);
        sleep(TTL / 3).await;
    }
    assert_eq!((distant.calls(), distant.granted()), (20, 20));
}

#[tokio::test(start_paused = true)]
async fn a_busy_limit_is_decided_out_of_units_at_hand() {
    let (distant, store) = store();
    let mut sources = Vec::new();
    for _ in 0..200 {
        let (outcome, answer) = decide(&*store, window(1_000, 1)).await;
        assert!(outcome.allowed);
        sources.push(answer.source);
    }
    assert!(distant.calls() < 30, "{} calls", distant.calls());
    assert!(sources[100..].iter().all(|source| *source == Source::Lease));
}

#[tokio::test(start_paused = true)]
async fn as_much_passes_as_the_limit_says_whatever_the_algorithm() {
    let hourly = Quota::new(100, Duration::from_secs(3_600)).burst(100);
    let limits = [
        charge("window", FixedWindow::new(hourly), 1),
        charge("sliding", SlidingWindow::new(hourly), 1),
        charge("log", SlidingLog::new(hourly), 1),
        charge("bucket", Gcra::new(hourly), 1),
    ];
    for limit in limits {
        let distant = Distant::new();
        let instance = || Leases::new(Refusals::new(Arc::clone(&distant)), 50, TTL);
        let (one, other) = (instance(), instance());
        let mut passed = 0;
        for round in 0..2_000 {
            let outcome = match round % 3 {
                0 => decide(&other, limit.clone()).await.0,
                _ => decide(&one, limit.clone()).await.0,
            };
            passed += u64::from(outcome.allowed);
            assert!(passed <= 100, "{limit:?}");
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!((passed, distant.granted()), (100, 100), "{limit:?}");
        assert!(distant.calls() < 300, "{} calls of {limit:?}", distant.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn units_that_are_not_spent_in_time_are_given_back() {
    let (distant, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    decide(&*store, window(1_000, 1)).await;
    assert!(distant.granted() > 21, "some are at hand");
    sleep(TTL * 2).await;
    assert_eq!(distant.granted(), 21);
}

#[tokio::test]
async fn units_that_are_too_old_are_not_spent() {
    let manual = ManualClock::new();
    let distant = Distant::by(Duration::ZERO, Duration::ZERO);
    let store = Leases::new(Arc::clone(&distant), 50, TTL).clock(manual.clock());
    for _ in 0..21 {
        decide(&store, window(1_000, 1)).await;
    }
    let (calls, granted) = (distant.calls(), distant.granted());
    assert!(granted > 21, "some are at hand");
    manual.advance(TTL - Duration::from_micros(1));
    assert_eq!(decide(&store, window(1_000, 1)).await.1.source, Source::Lease);
    assert_eq!(distant.calls(), calls);
    manual.advance(Duration::from_micros(1));
    decide(&store, window(1_000, 1)).await;
    assert_eq!(distant.calls(), calls + 1);
}

#[tokio::test(start_paused = true)]
async fn what_has_flowed_off_is_not_given_back_as_well() {
    let (distant, store) = store();
    // A bucket that is full again long before the units are given back.
    let bucket = || charge("api", Gcra::new(per_second(1_000).burst(50)), 1);
    warm(&*store, &bucket()).await;
    let before = distant.granted();
    sleep(TTL * 4).await;
    assert_eq!(distant.granted(), before);
    let calls = distant.calls();
    sleep(TTL * 4).await;
    assert_eq!(distant.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn what_several_give_back_is_no_more_than_what_has_not_flowed_off() {
    // One every ten milliseconds, so that twenty flow off before units are laid down.
    let bucket = |units| charge("api", Gcra::new(per_second(100).burst(200)), units);
    let distant = Distant::by(Duration::ZERO, Duration::ZERO);
    let [one, other] = [(); 2].map(|()| Leases::new(Arc::clone(&distant), 50, TTL));
    for _ in 0..20 {
        decide(&one, bucket(1)).await;
        decide(&other, bucket(1)).await;
    }
    let at_hand = distant.granted() - 40;
    assert!((2..=20).contains(&at_hand), "{at_hand} are at hand");
    // Of what was taken only that is left, which soon has flowed off, and somebody takes all there is.
    distant.execute(Op::Refund, vec![bucket(40)]).await.unwrap();
    sleep(TTL - Duration::from_millis(5)).await;
    distant.execute(Op::Take, vec![bucket(200)]).await.unwrap();
    let before = distant.granted();
    sleep(TTL).await;
    assert_eq!(distant.granted(), before);
}

#[tokio::test(start_paused = true)]
async fn units_of_a_window_that_is_over_are_not_given_back() {
    let minute = per_minute(1_000);
    let limits = [
        charge("window", FixedWindow::new(minute), 1),
        charge("sliding", SlidingWindow::new(minute), 1),
    ];
    for limit in limits {
        let (distant, store) = store();
        let now = Clock::tokio().now().0;
        let left = Micros(60_000_000 - now % 60_000_000).to_duration();
        sleep((left + Duration::from_secs(60)).saturating_sub(TTL)).await;
        warm(&*store, &limit).await;
        let before = distant.granted();
        assert!(before > 20, "some are at hand");
        sleep(TTL * 3).await;
        assert_eq!(distant.granted(), before, "{limit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_units_of_a_window_are_given_back() {
    let (distant, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    store.give_back().await;
    distant.execute(Op::Take, vec![window(1_000, 970)]).await.unwrap();
    decide(&*store, window(1_000, 1)).await;
    let before = distant.granted();
    distant.execute(Op::Take, vec![window(1_000, 1_000)]).await.unwrap();
    assert_eq!(decide(&*distant, window(1_000, 0)).await.0.remaining(), 0);
    assert!(before > 991, "some are at hand");
    sleep(TTL * 2).await;
    assert_eq!(decide(&*distant, window(1_000, 0)).await.0.remaining(), before - 991);
}

#[tokio::test(start_paused = true)]
async fn callers_who_come_together_wait_for_one_take() {
    let (distant, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    store.give_back().await;
    let before = distant.calls();
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        callers.spawn(async move { decide(&*store, window(1_000, 1)).await });
    }
    while let Some(caller) = callers.join_next().await {
        let (outcome, answer) = caller.unwrap();
        assert_eq!((outcome.allowed, answer.source), (true, Source::Lease));
    }
    assert_eq!(distant.calls(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_take_is_finished_by_others_when_its_caller_goes_away() {
    for early in [Duration::ZERO, WAY / 2, WAY * 3 / 2] {
        let (distant, store) = store();
        warm(&*store, &window(1_000, 1)).await;
        store.give_back().await;
        let before = distant.calls();
        let mut first = Box::pin(decide(&*store, window(1_000, 1)));
        timeout(early, &mut first).await.unwrap_err();
        let second = tokio::spawn({
            let store = Arc::clone(&store);
            async move { decide(&*store, window(1_000, 1)).await }
        });
        yield_now().await;
        drop(first);
        let (outcome, answer) = second.await.unwrap();
        assert_eq!((outcome.allowed, answer.source), (true, Source::Lease), "{early:?}");
        assert_eq!(distant.calls(), before + 1, "{early:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_stalled_keeps_nobody_waiting() {
    let (_, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    store.give_back().await;
    let mut stalled = Box::pin(decide(&*store, window(1_000, 1)));
    timeout(WAY / 2, &mut stalled).await.unwrap_err();
    let quick = timeout(WAY * 3, decide(&*store, window(1_000, 1))).await;
    assert!(quick.unwrap().0.allowed);
    assert!(stalled.await.0.allowed);
}

#[tokio::test(start_paused = true)]
async fn a_take_that_nobody_waits_for_is_finished_in_the_background() {
    let (distant, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    store.give_back().await;
    let spent = distant.granted();
    let alone = decide(&*store, window(1_000, 1));
    timeout(WAY * 3 / 2, alone).await.unwrap_err();
    assert!(distant.granted() > spent, "units were taken");
    sleep(TTL * 3).await;
    // All but the last one, of which nobody can tell whether the window still holds it.
    assert!(distant.granted() <= spent + 1, "{} of {spent}", distant.granted());
}

#[tokio::test(start_paused = true)]
async fn after_a_take_that_came_back_short_calls_are_refused_for_the_cool_down() {
    let (distant, store) = store();
    // One a millisecond, so that the cool-down is the longer wait.
    let bucket = |units| charge("api", Gcra::new(per_second(1_000).burst(100)), units);
    warm(&*store, &bucket(1)).await;
    store.give_back().await;
    distant.execute(Op::Charge, vec![bucket(100)]).await.unwrap();
    let mut refused = decide(&*store, bucket(1)).await;
    while refused.0.allowed {
        refused = decide(&*store, bucket(1)).await;
    }
    let calls = distant.calls();
    assert_eq!((refused.1.source, refused.0.retry), (Source::Cache, Retry::After(Micros(10_000))));
    sleep(Duration::from_millis(4)).await;
    let (later, _) = decide(&*store, bucket(1)).await;
    assert_eq!(later.retry, Retry::After(Micros(6_000)));
    assert_eq!(distant.calls(), calls, "nobody was asked");
    sleep(Duration::from_millis(6)).await;
    assert!(decide(&*store, bucket(1)).await.0.allowed);
}

#[tokio::test(start_paused = true)]
async fn what_passes_long_after_the_cool_down_is_refused_until_then() {
    let (distant, store) = store();
    warm(&*store, &window(25, 1)).await;
    let mut last = decide(&*store, window(25, 1)).await;
    while last.0.allowed {
        last = decide(&*store, window(25, 1)).await;
    }
    let calls = distant.calls();
    let Retry::After(wait) = last.0.retry else { panic!("it has a wait: {last:?}") };
    assert_eq!(wait, last.0.reset(), "when the window is over");
    sleep(Duration::from_millis(900)).await;
    assert!(!decide(&*store, window(25, 1)).await.0.allowed);
    assert_eq!(distant.calls(), calls);
    assert_eq!(distant.granted(), 25);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_alone_is_the_stores() {
    let (_, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    assert_eq!(decide(&*store, window(1_000, 1)).await.1.source, Source::Lease);
    let urgent = Charge { class: 1, ..window(1_000, 1) };
    for other in [urgent, window(1_000, 51), window(1_000, 0)] {
        assert_eq!(decide(&*store, other.clone()).await.1.source, Source::Store, "{other:?}");
    }
    let several = vec![window(1_000, 1), charge("other", FixedWindow::new(per_hour(9)), 1)];
    assert_eq!(store.execute(Op::Decide, several).await.unwrap().source, Source::Store);
    for op in [Op::Take, Op::Charge, Op::Refund, Op::Raise] {
        let answer = store.execute(op, vec![window(1_000, 1)]).await.unwrap();
        assert_eq!(answer.source, Source::Store, "{op:?}");
    }
    let queue = charge("queue", Shaper::new(per_second(1_000)), 1);
    for _ in 0..40 {
        assert_eq!(decide(&*store, queue.clone()).await.1.source, Source::Store);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_for_several_units_are_decided_out_of_what_is_at_hand() {
    let (distant, store) = store();
    let mut passed = 0;
    for _ in 0..60 {
        passed += 3 * u64::from(decide(&*store, window(100, 3)).await.0.allowed);
    }
    assert_eq!(passed, 99);
    assert!(distant.calls() < 40, "{} calls", distant.calls());
}

#[tokio::test(start_paused = true)]
async fn a_limit_with_other_numbers_is_another_limit() {
    let (_, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    assert_eq!(decide(&*store, window(1_000, 1)).await.1.source, Source::Lease);
    let (outcome, _) = decide(&*store, window(10, 1)).await;
    assert!(!outcome.allowed, "ten were spent long ago");
}

#[tokio::test(start_paused = true)]
async fn a_reset_voids_what_is_at_hand() {
    let (distant, store) = store();
    warm(&*store, &window(100, 1)).await;
    assert_eq!(decide(&*store, window(100, 1)).await.1.source, Source::Lease);
    store.reset(vec![window(100, 1)]).await.unwrap();
    let mut passed = 0;
    for _ in 0..150 {
        passed += u64::from(decide(&*store, window(100, 1)).await.0.allowed);
    }
    sleep(TTL * 2).await;
    assert!(passed <= 100, "{passed} passed");
    let (peek, _) = decide(&*distant, window(100, 0)).await;
    assert_eq!(100 - peek.remaining(), passed, "nothing of before was given back");
}

#[tokio::test(start_paused = true)]
async fn units_that_come_back_end_the_cool_down() {
    let (_, store) = store();
    warm(&*store, &window(25, 1)).await;
    while decide(&*store, window(25, 1)).await.0.allowed {}
    store.execute(Op::Refund, vec![window(25, 3)]).await.unwrap();
    assert!(decide(&*store, window(25, 1)).await.0.allowed);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_can_be_given_back_before_a_shutdown() {
    let (distant, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    decide(&*store, window(1_000, 1)).await;
    store.give_back().await;
    assert_eq!(distant.granted(), 21);
    assert_eq!(Arc::strong_count(&distant), 2);
}

#[tokio::test(start_paused = true)]
async fn no_task_outlives_its_store_or_what_it_has_to_do() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let (_, store) = store();
    warm(&*store, &window(1_000, 1)).await;
    assert_eq!(tasks(), 1, "one for all limits");
    sleep(TTL * 3).await;
    assert_eq!(tasks(), 0, "nothing is at hand");
    warm(&*store, &window(1_000, 1)).await;
    assert_eq!(tasks(), 1);
    drop(store);
    yield_now().await;
    assert_eq!(tasks(), 0, "its store is gone");
}

/// Never answers a take.
struct Silent(Arc<Distant>);

impl Store for Silent {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        let answer = self.0.execute(op, charges).await?;
        match op {
            Op::Take => std::future::pending().await,
            _ => Ok(answer),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_take_that_is_never_answered_is_given_up() {
    let store = Arc::new(Leases::new(Silent(Distant::new()), 50, TTL));
    for _ in 0..4 {
        decide(&*store, window(1_000, 1)).await;
    }
    let waits = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.execute(Op::Decide, vec![window(1_000, 1)]).await }
    });
    sleep(TTL * 3 / 2).await;
    let (outcome, answer) = decide(&*store, window(1_000, 1)).await;
    assert_eq!((outcome.allowed, answer.source), (true, Source::Store), "the others go by");
    let error = timeout(Duration::from_secs(2), waits).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Unknown(_)), "{error:?}");

    // Whether somebody was told or, the second time, nobody waited.
    for _ in 0..2 {
        sleep(Duration::from_secs(2)).await;
        for _ in 0..4 {
            decide(&*store, window(1_000, 1)).await;
        }
        let waits = timeout(WAY * 4, decide(&*store, window(1_000, 1))).await;
        assert!(waits.is_err(), "the next take is waited for again");
    }
}

/// Cannot be reached for takes.
struct Broken(Arc<Distant>);

impl Store for Broken {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        match op {
            Op::Take => Err(StoreError::NotSent("the link is down".into())),
            _ => self.0.execute(op, charges).await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waited_is_told_why_nothing_was_taken() {
    let store = Leases::new(Broken(Distant::new()), 50, TTL);
    for _ in 0..4 {
        decide(&store, window(1_000, 1)).await;
    }
    let error = store.execute(Op::Decide, vec![window(1_000, 1)]).await.unwrap_err();
    let StoreError::NotSent(cause) = error else { panic!("it was not sent: {error:?}") };
    assert_eq!(cause.to_string(), "the link is down");
}
