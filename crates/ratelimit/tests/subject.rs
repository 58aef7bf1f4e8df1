//! One key's buckets, and all that can be done to them without Tower.

use std::time::Duration;

use palisade_core::{ManualClock, Micros, Reason};
use palisade_ratelimit::{
    IntoLimits, Limits, RateLimiter, Ratio, per_day, per_hour, per_minute, per_second,
};
use tokio::time::{Instant, advance, timeout};
use tokio_test::{assert_pending, task};

/// A limiter whose time stands still.
fn limiter(limits: impl IntoLimits) -> (RateLimiter, ManualClock) {
    let clock = ManualClock::new();
    (RateLimiter::with(limits).name("api").clock(clock.clock()), clock)
}

/// The same limit of ten a minute, alone and beside one that is wider.
fn each() -> [RateLimiter; 2] {
    let wider = Limits::all([per_minute(10), per_hour(1_000)]);
    [limiter(per_minute(10)).0, limiter(wider).0]
}

#[test]
fn an_operation_is_about_as_many_units_as_it_is_told() {
    for limiter in each() {
        let alice = limiter.of("alice");
        let outcome = alice.clone().units(3).check().unwrap();
        assert_eq!((outcome.granted, outcome.remaining()), (3, 7));
        assert_eq!(alice.check().unwrap().remaining(), 6, "one unless told");

        let why = alice.clone().units(8).check().unwrap_err();
        assert_eq!(why.retry_after(), Some(Duration::from_secs(12)));
        assert!(
            matches!(why.reason(), Reason::RateLimited { quota, by: "key", .. } if quota == per_minute(10))
        );
        let why = alice.clone().units(11).check().unwrap_err();
        assert_eq!(why.retry_after(), None, "more than there ever is");
        assert_eq!(alice.peek().remaining(), 6, "a refusal takes nothing");
        assert_eq!(alice.units(0).check().unwrap().remaining(), 6, "nothing is always there");
    }
}

#[test]
fn a_charge_takes_what_is_not_there_up_to_the_whole_quota() {
    for limiter in each() {
        let alice = limiter.of("alice");
        assert_eq!(alice.clone().units(4).charge().remaining(), 6);
        assert_eq!(alice.clone().units(u64::MAX).charge().remaining(), 0);
        // The wider one is spent as well, but is back sooner.
        let why = alice.check().unwrap_err();
        assert_eq!(why.retry_after(), Some(Duration::from_secs(6)));
        assert_eq!(limiter.of("bob").peek().remaining(), 10);
    }
}

#[test]
fn a_refund_gives_back_what_is_missing_and_no_more() {
    for limiter in each() {
        let alice = limiter.of("alice");
        alice.clone().units(10).check().unwrap();
        assert_eq!(alice.clone().units(4).refund().remaining(), 4);
        assert_eq!(alice.clone().units(u64::MAX).refund().remaining(), 10);
        assert_eq!(alice.peek().reset(), Micros::ZERO);
        assert_eq!(limiter.handle().snapshot().keys, 0, "as good as never seen");
    }
}

#[test]
fn a_take_says_how_many_it_got() {
    for limiter in each() {
        let alice = limiter.of("alice");
        assert_eq!(alice.clone().units(4).take(), 4);
        assert_eq!(alice.clone().units(u64::MAX).take(), 6);
        assert_eq!(alice.take(), 0);
    }
}

#[test]
fn of_several_limits_a_take_gets_what_all_of_them_have() {
    let (limiter, _) = limiter(Limits::all([per_minute(10), per_hour(12)]));
    assert_eq!(limiter.of("alice").units(8).take(), 8);
    limiter.of("alice").units(7).refund();
    assert_eq!(limiter.of("alice").units(9).take(), 9);
    assert_eq!(limiter.of("alice").units(9).take(), 0, "of the minute");
    let refilled = limiter.of("alice").peek();
    assert_eq!((refilled.remaining(), refilled.reset()), (0, Micros(10 * 300_000_000)));
}

#[test]
fn without_a_limit_a_take_gets_all_of_it() {
    for limiter in each() {
        limiter.handle().set_enabled(false);
        assert_eq!(limiter.of("alice").units(50).take(), 50);
        assert!(limiter.of("alice").units(50).check().is_ok());
        limiter.handle().set_enabled(true);
        assert_eq!(limiter.of("alice").peek().remaining(), 10, "and takes nothing");
    }
}

#[test]
fn a_peek_says_how_the_tightest_limit_stands_and_takes_nothing() {
    let (limiter, clock) = limiter(Limits::all([per_minute(10), per_hour(12)]));
    let alice = limiter.of("alice");
    alice.clone().units(6).check().unwrap();
    clock.advance(Duration::from_secs(60));
    for _ in 0..3 {
        let seen = alice.clone().units(5).peek();
        assert_eq!((seen.allowed, seen.granted, seen.remaining()), (true, 0, 6));
        assert_eq!(seen.reset(), Micros(6 * 300_000_000 - 60_000_000));
    }
    assert_eq!(limiter.handle().snapshot().passed, 1, "nothing is counted");
}

#[test]
fn a_reset_forgets_one_key_in_all_limits() {
    for limiter in each() {
        for key in ["alice", "bob"] {
            limiter.of(key).units(10).check().unwrap();
        }
        limiter.of("alice").reset();
        assert_eq!(limiter.of("alice").units(10).take(), 10);
        assert_eq!(limiter.of("bob").take(), 0);
    }
}

#[test]
fn everybody_is_a_bucket_beside_those_of_keys() {
    for limiter in each() {
        limiter.everybody().units(7).check().unwrap();
        assert_eq!(limiter.peek().remaining(), 3);
        limiter.check().unwrap();
        assert_eq!(limiter.everybody().peek().remaining(), 2);
        let why = limiter.everybody().units(3).check().unwrap_err();
        assert!(matches!(why.reason(), Reason::RateLimited { by: "", .. }), "{why}");
        assert_eq!(limiter.of("alice").peek().remaining(), 10);
        limiter.everybody().reset();
        assert_eq!(limiter.everybody().take(), 1);
    }
}

#[test]
fn a_check_is_counted_and_the_other_operations_are_not() {
    for limiter in each() {
        let alice = limiter.of("alice");
        alice.check().unwrap();
        alice.charge();
        alice.refund();
        let _ = alice.take();
        alice.clone().units(99).check().unwrap_err();
        limiter.handle().set_enforce(Ratio::ZERO);
        assert!(!alice.clone().units(99).check().unwrap().allowed, "but not refused");
        let seen = limiter.handle().snapshot();
        assert_eq!((seen.passed, seen.rejected, seen.shadowed), (1, 1, 1));
    }
}

#[test]
fn a_subject_does_not_print_its_key() {
    let (limiter, _) = limiter(per_second(1));
    let printed = format!("{:?}", limiter.of("secret").units(3).tier("premium").class(2));
    let expected =
        r#"Subject { key: Some(Key(text of 6)), units: 3, tier: Some("premium"), class: 2, .. }"#;
    assert_eq!(printed, expected);
}

#[tokio::test(start_paused = true)]
async fn who_waits_goes_on_exactly_when_the_refusal_said() {
    for limits in
        [Limits::all(vec![per_second(2)]), Limits::all(vec![per_second(2), per_hour(900)])]
    {
        let limiter = RateLimiter::with(limits);
        let alice = limiter.of("alice");
        for _ in 0..2 {
            let started = Instant::now();
            assert_eq!(alice.until_ready().await.unwrap().granted, 1);
            assert_eq!(started.elapsed(), Duration::ZERO, "nobody waits for what is there");
        }
        advance(Duration::from_millis(123)).await;
        let wait = alice.check().unwrap_err().retry_after().unwrap();
        assert_eq!(wait, Duration::from_millis(377));
        let started = Instant::now();
        assert_eq!(alice.until_ready().await.unwrap().remaining(), 0);
        assert_eq!(started.elapsed(), wait);
        // It took its unit.
        assert_eq!(alice.check().unwrap_err().retry_after(), Some(Duration::from_millis(500)));
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_limits_the_longest_wait_is_waited_for() {
    let limiter = RateLimiter::with(Limits::all([per_second(1), per_minute(1)]));
    let started = Instant::now();
    for _ in 0..3 {
        limiter.of("alice").until_ready().await.unwrap();
    }
    assert_eq!(started.elapsed(), Duration::from_secs(120));
    assert_eq!(limiter.handle().snapshot().rejected, 2, "each was asked and refused once before");
}

#[tokio::test(start_paused = true)]
async fn a_waiter_who_comes_late_is_asked_again() {
    let limiter = RateLimiter::new(per_second(1));
    limiter.check().unwrap();
    let everybody = limiter.everybody();
    let mut waiter = task::spawn(everybody.until_ready());
    assert_pending!(waiter.poll());
    advance(Duration::from_secs(1)).await;
    assert!(waiter.is_woken());
    // Somebody else was there first.
    limiter.check().unwrap();
    assert_pending!(waiter.poll());
    let started = Instant::now();
    waiter.await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_who_goes_away_takes_nothing() {
    let limiter = RateLimiter::new(per_minute(10));
    let alice = limiter.of("alice").units(10);
    alice.check().unwrap();
    assert!(timeout(Duration::from_secs(59), alice.until_ready()).await.is_err());
    drop(alice.until_ready());
    advance(Duration::from_secs(1)).await;
    assert_eq!(alice.take(), 10);
    assert_eq!(limiter.handle().snapshot().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_is_told_at_once() {
    for limiter in [RateLimiter::new(per_day(2)), RateLimiter::with([per_day(2), per_hour(9)])] {
        let started = Instant::now();
        let why = limiter.of("alice").units(3).until_ready().await.unwrap_err();
        assert_eq!((why.retry_after(), started.elapsed()), (None, Duration::ZERO));
    }
    assert!(RateLimiter::new(per_day(0)).everybody().until_ready().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_enforced_nobody_waits() {
    let limiter = RateLimiter::new(per_day(1));
    limiter.handle().set_enforce(Ratio::ZERO);
    for _ in 0..3 {
        limiter.of("alice").until_ready().await.unwrap();
    }
    limiter.handle().set_enforce(Ratio::ONE);
    limiter.handle().set_enabled(false);
    limiter.of("alice").until_ready().await.unwrap();
}
