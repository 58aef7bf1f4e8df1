//! A limiter in a store, without tower.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use palisade_core::algorithm::{Op, Outcome, Retry};
use palisade_core::store::{MemoryStore, StoreError};
use palisade_core::{CallContext, Clock, Header, Key, Micros, Reason};
use palisade_ratelimit::{
    Decision, FixedWindow, Limit, Limits, Outage, RateLimitLayer, RateLimiter, Ratio, Shaper,
    Source, StoreLimiter, per_hour, per_minute, per_second,
};
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, task};
use tower::Layer;

use self::support::calls::{get, ok, passes, refusal};
use self::support::scripted::{Cut, Questions, Slow, failing, passing, scripted, scripted_by};

const BUDGET: Duration = Duration::from_millis(50);

fn limiter() -> StoreLimiter {
    RateLimiter::new(per_minute(10)).name("api").in_store(MemoryStore::new())
}

fn remaining(decision: Result<Decision, palisade_core::Rejection>) -> u64 {
    decision.unwrap().remaining()
}

/// Passed, rejected, shadowed, abandoned; failures to decide, and to charge.
fn counts(limiter: &StoreLimiter) -> [u64; 6] {
    let now = limiter.handle().snapshot();
    assert_eq!(now.in_flight, 0);
    let calls = [now.passed, now.rejected, now.shadowed, now.abandoned];
    let [a, b, c, d] = calls;
    [a, b, c, d, now.store_errors, now.charge_errors]
}

fn within(time: Duration) -> CallContext {
    CallContext::current().with_deadline(Clock::tokio().now() + Micros::from(time))
}

fn asked(questions: &mut Questions) -> Vec<(Op, Vec<(String, u64)>)> {
    std::iter::from_fn(|| questions.next()).collect()
}

#[tokio::test(start_paused = true)]
async fn limiters_of_one_name_in_one_store_share_a_limit() {
    let store = Arc::new(MemoryStore::new());
    let limiter = |name| RateLimiter::new(per_minute(2)).name(name).in_store(Arc::clone(&store));
    let (a, again, other) = (limiter("a"), limiter("a"), limiter("b"));
    assert_eq!(remaining(a.check_key("alice").await), 1);
    assert_eq!(remaining(again.check_key("alice").await), 0);
    let why = a.clone().check_key("alice").await.unwrap_err();
    assert_eq!((why.name(), why.decider()), ("a", Some(Source::Store)));
    assert_eq!(why.reason(), Reason::rate_limited(per_minute(2), "key"));
    assert_eq!(why.retry_after(), Some(Duration::from_secs(30)));
    assert_eq!(remaining(a.check_key("bob").await), 1);
    assert_eq!(remaining(a.check().await), 1);
    assert_eq!(remaining(other.check_key("alice").await), 1);
    assert_eq!((counts(&a), counts(&again)), ([3, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]));
    assert_eq!(a.handle().snapshot().keys, 0, "nothing is kept beside the store");
}

#[tokio::test(start_paused = true)]
async fn the_store_is_asked_for_what_is_done() {
    let (store, mut questions) = passing();
    let limits = [
        Limit::new(per_minute(9)).tier("gold", per_minute(99)),
        Limit::from(FixedWindow::new(per_hour(9))),
    ];
    let limiter = RateLimiter::with(Limits::all(limits)).name("api").in_store(store);
    let alice = limiter.of("alice").units(3).tier("gold").class(7);
    alice.check().await.unwrap();
    let (op, charges) = questions.charges().unwrap();
    let told = charges.iter().map(|charge| {
        (charge.policy.name().as_str(), &*charge.subject, charge.units, charge.class)
    });
    let told: Vec<_> = told.collect();
    assert_eq!(op, Op::Decide);
    assert_eq!(told, [("api-minute", "alice", 3, 7), ("api-hour", "alice", 3, 7)]);
    assert!(charges.iter().all(|charge| charge.together));
    let gold = charges[0].policy.downcast_ref::<palisade_ratelimit::Gcra>();
    assert_eq!(gold, Some(&palisade_ratelimit::Gcra::new(per_minute(99))));

    alice.charge().await.unwrap();
    alice.refund().await.unwrap();
    alice.take().await.unwrap();
    alice.peek().await.unwrap();
    limiter.check().await.unwrap();
    let both = |op, key: &str, units| {
        (op, ["api-minute", "api-hour"].map(|name| (format!("{name}|{key}"), units)).to_vec())
    };
    let expected = [
        both(Op::Charge, "alice", 3),
        both(Op::Refund, "alice", 3),
        both(Op::Take, "alice", 3),
        both(Op::Decide, "alice", 0),
        both(Op::Decide, "#", 1),
    ];
    assert_eq!(asked(&mut questions), expected);
    assert_eq!(counts(&limiter), [2, 0, 0, 0, 0, 0], "only checks are calls");
}

#[tokio::test(start_paused = true)]
async fn it_does_in_a_store_what_a_limiter_does_in_memory() {
    let stored = limiter();
    let own = RateLimiter::new(per_minute(10)).name("api");
    let (a, b) = (stored.of("alice"), own.of("alice"));
    for units in [3, 9, 0, 11, 4] {
        sleep(Duration::from_millis(1_234)).await;
        let (a, b) = (a.clone().units(units), b.clone().units(units));
        match (a.check().await, b.check()) {
            (Ok(a), Ok(b)) => assert_eq!(a.outcome, b),
            (Err(a), Err(b)) => assert_eq!(a, b.with_decider(Source::Store)),
            differ => panic!("{differ:?}"),
        }
        assert_eq!(a.charge().await.unwrap().outcome, b.charge());
        assert_eq!(a.refund().await.unwrap().outcome, b.refund());
        assert_eq!(a.take().await.unwrap().outcome.granted, b.take());
        assert_eq!(a.peek().await.unwrap().outcome, b.peek());
    }
    a.reset().await.unwrap();
    assert_eq!(remaining(a.peek().await), 10);
}

#[tokio::test(start_paused = true)]
async fn answers_tell_who_decided() {
    for by in Source::ALL {
        let (store, _) = scripted_by(by, |_, _| Ok(vec![Outcome::passed(1)]));
        let limiter = RateLimiter::new(per_minute(10)).in_store(store);
        let alice = limiter.of("alice");
        let decisions =
            [alice.check().await, alice.charge().await, alice.take().await, alice.peek().await];
        for decision in decisions {
            assert_eq!(decision.unwrap().source, Some(by));
        }
        let counted = limiter.handle().snapshot().decisions.into_iter().filter(|(_, n)| *n > 0);
        assert_eq!(counted.collect::<Vec<_>>(), [(by, 1)], "of calls only");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_where_there_is_nothing_to_decide() {
    let (store, mut questions) = passing();
    let limiter = RateLimiter::new(per_minute(10)).in_store(store);
    let handle = limiter.handle();
    handle.set_quota(per_second(0));
    let why = limiter.check_key("alice").await.unwrap_err();
    assert_eq!((why.retry_after(), why.decider()), (None, None));
    assert_eq!(limiter.of("alice").take().await.unwrap().outcome.granted, 0);
    handle.set_enabled(false);
    for decision in [limiter.check().await, limiter.of("alice").units(7).take().await] {
        let decision = decision.unwrap();
        assert_eq!((decision.remaining(), decision.source), (u64::MAX, None));
    }
    assert_eq!(limiter.of("alice").units(7).take().await.unwrap().outcome.granted, 7);
    assert_eq!(asked(&mut questions), []);
    assert_eq!(counts(&limiter), [0, 1, 0, 0, 0, 0]);

    let (store, mut questions) = passing();
    let nothing = RateLimiter::with(Limits::all(Vec::<Limit>::new())).in_store(store);
    assert_eq!(remaining(nothing.check().await), u64::MAX);
    assert_eq!((asked(&mut questions), counts(&nothing)), (vec![], [1, 0, 0, 0, 0, 0]));
}

#[tokio::test(start_paused = true)]
async fn a_store_has_50_ms_for_whatever_it_is_asked() {
    let slow = Slow(MemoryStore::new(), BUDGET + Duration::from_millis(1));
    let limiter = RateLimiter::new(per_minute(2)).in_store(slow);
    let alice = limiter.of("alice");
    let start = Instant::now();
    assert_eq!(alice.check().await.unwrap().source, Some(Source::Local));
    assert_eq!(start.elapsed(), BUDGET);
    alice.charge().await.unwrap();
    alice.refund().await.unwrap();
    alice.take().await.unwrap();
    alice.peek().await.unwrap();
    assert!(matches!(alice.reset().await, Err(StoreError::Unknown(_))));
    assert_eq!(start.elapsed(), BUDGET * 6);
    assert_eq!(counts(&limiter), [1, 0, 0, 0, 3, 2]);

    let slow = Slow(MemoryStore::new(), BUDGET);
    let limiter = RateLimiter::new(per_minute(2)).in_store(slow);
    assert_eq!(limiter.check().await.unwrap().source, Some(Source::Store));
    limiter.of("alice").reset().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_store_has_no_more_time_than_the_call_but_for_what_is_owed() {
    let soon = Duration::from_millis(20);
    let slow = || Slow(MemoryStore::new(), Duration::from_millis(30));
    let limiter = RateLimiter::new(per_minute(2)).in_store(slow());
    let alice = limiter.of("alice");
    let start = Instant::now();
    let why = within(soon).scope(alice.check()).await.unwrap_err();
    assert_eq!((why.reason(), why.decider()), (Reason::Expired, None));
    assert_eq!(start.elapsed(), soon);
    assert_eq!(within(soon).scope(alice.take()).await.unwrap_err().reason(), Reason::Expired);
    assert_eq!(within(soon).scope(alice.charge()).await.unwrap().source, Some(Source::Store));
    // Late already.
    let start = Instant::now();
    assert!(within(Duration::ZERO).scope(alice.check()).await.is_err());
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(counts(&limiter), [0, 2, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_each_limit_does_what_it_says() {
    let limiter = |outage| RateLimiter::new(per_minute(1)).in_store(failing().0).on_outage(outage);
    for outage in [Outage::Share, Outage::Local] {
        let kept = limiter(outage);
        let alice = kept.of("alice");
        assert_eq!(alice.check().await.unwrap().source, Some(Source::Local));
        let why = alice.check().await.unwrap_err();
        assert_eq!((why.status().as_u16(), why.decider()), (429, Some(Source::Local)));
        assert_eq!(alice.take().await.unwrap().outcome.granted, 0);
        assert_eq!(remaining(alice.refund().await), 1);
        assert_eq!(remaining(alice.charge().await), 0);
        assert_eq!(remaining(alice.peek().await), 0);
        assert_eq!(counts(&kept), [1, 1, 0, 0, 4, 2]);
    }

    let open = limiter(Outage::Allow);
    let alice = open.of("alice").units(3);
    let taken = alice.take().await.unwrap();
    assert_eq!((taken.outcome.granted, taken.source), (3, Some(Source::Open)));
    for decision in [alice.check().await, alice.charge().await, alice.peek().await] {
        let decision = decision.unwrap();
        assert_eq!((decision.remaining(), decision.source), (u64::MAX, Some(Source::Open)));
    }

    let closed = limiter(Outage::Deny);
    let alice = closed.of("alice");
    let all = [
        alice.check().await,
        alice.charge().await,
        alice.refund().await,
        alice.take().await,
        alice.peek().await,
        alice.until_ready().await,
    ];
    for answer in all {
        let why = answer.unwrap_err();
        assert_eq!(
            (why.reason(), why.retry_after(), why.decider()),
            (Reason::StoreDown, None, None)
        );
    }
    assert_eq!(counts(&closed), [0, 2, 0, 0, 4, 2]);

    // A limit's own word comes before the limiter's.
    let limits = Limits::all([
        Limit::new(per_minute(1)).on_outage(Outage::Allow).name("open"),
        Limit::new(per_hour(5)).name("kept"),
    ]);
    let mixed = RateLimiter::with(limits).in_store(failing().0);
    assert_eq!(remaining(mixed.of("alice").units(2).check().await), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_leaves_a_limit_out_is_none() {
    let (store, _) = scripted(|_, _| Ok(vec![]));
    let limiter = RateLimiter::new(per_minute(1)).in_store(store);
    assert_eq!(limiter.check().await.unwrap().source, Some(Source::Local));
    assert_eq!(limiter.everybody().charge().await.unwrap().source, Some(Source::Local));
    assert_eq!(counts(&limiter), [1, 0, 0, 0, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_refuses_nobody() {
    let (store, _) = scripted(|_, _| Ok(vec![Outcome::refused(Retry::Never)]));
    let limiter = RateLimiter::new(per_minute(1)).in_store(store);
    limiter.handle().set_enforce(Ratio::ZERO);
    assert!(!limiter.check().await.unwrap().outcome.allowed, "what it would have said is told");
    assert_eq!(counts(&limiter), [0, 0, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_dropped_is_counted_as_abandoned() {
    let limiter = RateLimiter::new(per_minute(1)).in_store(Slow(MemoryStore::new(), BUDGET));
    {
        let mut check = task::spawn(limiter.check());
        assert_pending!(check.poll());
        assert_eq!(limiter.handle().snapshot().in_flight, 1);
    }
    assert_eq!(counts(&limiter), [0, 0, 0, 1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_let_through_when_the_store_said_it_would() {
    let limiter = RateLimiter::new(per_minute(2)).in_store(MemoryStore::new());
    let start = Instant::now();
    for elapsed in [0, 0, 30, 60] {
        let decision = limiter.of("alice").until_ready().await.unwrap();
        assert_eq!((start.elapsed().as_secs(), decision.source), (elapsed, Some(Source::Store)));
    }
    // Not beyond the deadline, and not for what never fits.
    let why = within(Duration::from_secs(29)).scope(limiter.of("alice").until_ready()).await;
    assert_eq!(why.unwrap_err().retry_after(), Some(Duration::from_secs(30)));
    assert!(limiter.of("alice").units(3).until_ready().await.is_err());
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn in_a_shapers_queue_turns_come_one_after_another() {
    let shaper = Shaper::new(per_second(1)).max_queued(2).max_wait(Duration::from_secs(9));
    let limiter = RateLimiter::with(shaper).in_store(MemoryStore::new());
    let start = Instant::now();
    let alice = limiter.of("alice");
    let (a, b, c) = tokio::join!(alice.until_ready(), alice.until_ready(), alice.until_ready());
    assert!([a, b, c].iter().all(Result::is_ok));
    assert_eq!(start.elapsed().as_secs(), 2);
    // Whose queue is full has waited already.
    let (a, b, c) = tokio::join!(alice.until_ready(), alice.until_ready(), alice.until_ready());
    assert_eq!([a.is_ok(), b.is_ok(), c.is_ok()], [true, true, false]);
    let snapshot = limiter.handle().snapshot();
    assert_eq!((snapshot.passed, snapshot.rejected, snapshot.delayed), (5, 1, 4));

    // Who only checks is told how long to wait, and is a call that was let through.
    sleep(Duration::from_secs(9)).await;
    let delays = [alice.check().await, alice.check().await].map(|told| told.unwrap().outcome.delay);
    assert_eq!(delays, [Micros::ZERO, Micros(1_000_000)]);
    let snapshot = limiter.handle().snapshot();
    assert_eq!((snapshot.passed, snapshot.delayed, snapshot.in_flight), (7, 5, 0));
}

#[tokio::test(start_paused = true)]
async fn the_busiest_keys_are_known() {
    let limiter = limiter();
    for _ in 0..3 {
        limiter.check_key("alice").await.unwrap();
    }
    let busiest = limiter.handle().snapshot().busiest;
    assert_eq!((&*busiest[0].key, busiest[0].calls, busiest[0].refused), ("alice", 3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_layer_on_it_shares_its_limit_and_its_store() {
    let limiter = RateLimiter::new(per_minute(2)).name("api").in_store(MemoryStore::new());
    let mut keyed = limiter.layer_by(Header("x-user")).layer(ok());
    assert!(passes(&mut keyed, get([("x-user", "alice")])).await);
    assert_eq!(remaining(limiter.check_key("alice").await), 0);
    let why = refusal(&mut keyed, get([("x-user", "alice")])).await.unwrap();
    assert_eq!(why.decider(), Some(Source::Store));
    assert_eq!(counts(&limiter), [2, 1, 0, 0, 0, 0], "they count together");

    let mut everybody = limiter.layer().layer(ok());
    assert!(passes(&mut everybody, get([])).await);
    assert_eq!(remaining(limiter.check().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_is_in_use_keeps_its_own_memory() {
    let own = RateLimiter::new(per_minute(1)).name("api");
    let stored = own.clone().in_store(MemoryStore::new());
    assert!(own.check().is_ok());
    assert!(stored.check().await.is_ok());
    assert!(own.check().is_err());
    // Another name is another limit.
    let renamed = stored.clone().name("other");
    assert!(stored.check().await.is_err());
    assert!(renamed.check().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_key_gets_its_buckets_back_where_they_are_kept() {
    let is_cut = Arc::new(AtomicBool::new(true));
    let store = Arc::new(MemoryStore::new());
    let limits = || Limits::all([per_minute(1), per_hour(2)]);
    let cut = Cut { store: Arc::clone(&store), is_cut: Arc::clone(&is_cut) };
    let limiter = RateLimiter::with(limits()).name("api").in_store(cut);
    // Taken here in the outage, and there after it.
    assert_eq!(limiter.check_key("alice").await.unwrap().source, Some(Source::Local));
    is_cut.store(false, Ordering::Relaxed);
    assert_eq!(limiter.check_key("alice").await.unwrap().source, Some(Source::Store));
    assert!(limiter.check_key("alice").await.is_err());

    let other = RateLimitLayer::with(limits()).name("api").store(Arc::clone(&store));
    let handle = other.by(Header("x-user")).handle();
    handle.reset_in_store("alice").await.unwrap();
    assert!(limiter.check_key("alice").await.is_ok(), "another instance has asked for it");
    is_cut.store(true, Ordering::Relaxed);
    assert!(limiter.check_key("alice").await.is_err(), "of what is here it cannot know");
    // This store cannot forget, so that nothing is left to be said of it; here it is done.
    let why = limiter.of("alice").reset().await.unwrap_err();
    assert!(matches!(why, StoreError::Rejected(_)));
    assert!(limiter.check_key("alice").await.is_ok());
    is_cut.store(false, Ordering::Relaxed);
    assert!(limiter.check_key("alice").await.is_err());

    // The bucket of everybody, and one in memory only.
    limiter.check().await.unwrap();
    handle.reset_in_store(Key::global()).await.unwrap();
    assert!(limiter.check().await.is_ok());
    let own = RateLimiter::new(per_minute(1));
    own.check_key("alice").unwrap();
    own.handle().reset_in_store("alice").await.unwrap();
    assert!(own.check_key("alice").is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_it_does_can_be_done_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    palisade_core::test::assert_send_sync_clone::<StoreLimiter>();
    let limiter = limiter();
    let alice = limiter.of("alice");
    is_send(&alice.check());
    is_send(&alice.charge());
    is_send(&alice.until_ready());
    is_send(&alice.reset());
    let handle = limiter.handle();
    is_send(&handle.reset_in_store("alice"));
    let check =
        tokio::spawn(async move { limiter.check_key(format!("{}", 7).as_str()).await.is_ok() });
    assert!(check.await.unwrap());
}
