//! Every way from one state to another.

mod support;

use std::time::Duration;

use palisade_breaker::{Cause, Ratio, State, Trip};
use support::{breaker, fail, passing, seconds, state, succeed, touchy, wait};

#[test]
fn calls_pass_again_exactly_when_the_wait_is_over() {
    let (breaker, clock) = touchy();
    fail(&breaker, 1);
    assert_eq!((state(&breaker), wait(&breaker)), (State::Open, Some(seconds(5))));
    clock.advance(Duration::from_micros(4_999_999));
    assert!(breaker.try_acquire().is_err());
    clock.advance(Duration::from_micros(1));
    let probe = breaker.try_acquire().expect("the wait is over");
    assert_eq!(state(&breaker), State::HalfOpen);
    drop(probe);
}

#[test]
fn most_probes_decide_as_soon_as_it_is_certain() {
    for (ends, expected) in [
        ([Some(true), Some(true), None], State::Closed),
        ([Some(false), Some(false), None], State::Open),
        ([Some(true), Some(false), None], State::HalfOpen),
        ([Some(true), Some(false), Some(true)], State::Closed),
        ([Some(false), Some(true), Some(false)], State::Open),
    ] {
        let (breaker, clock) = breaker();
        let breaker = breaker.minimum_calls(1);
        fail(&breaker, 1);
        clock.advance(seconds(5));
        for end in ends.into_iter().flatten() {
            let probe = breaker.try_acquire().expect("three may try");
            if end { probe.success() } else { probe.failure() }
        }
        assert_eq!(state(&breaker), expected, "{ends:?}");
    }
}

#[test]
fn the_failure_rate_is_the_rate_of_the_probes() {
    let probe = |rate, successes, failures| {
        let (breaker, clock) = breaker();
        let breaker = breaker.failure_rate(Ratio::percent(rate)).minimum_calls(1).probes(4);
        fail(&breaker, 1);
        clock.advance(seconds(5));
        fail(&breaker, failures);
        succeed(&breaker, successes);
        state(&breaker)
    };
    assert_eq!(probe(25, 0, 1), State::Open);
    assert_eq!(probe(75, 1, 2), State::HalfOpen);
    assert_eq!(probe(75, 2, 2), State::Closed);
    assert_eq!(probe(100, 1, 0), State::Closed);
    assert_eq!(probe(0, 3, 0), State::HalfOpen);
    assert_eq!(probe(0, 4, 0), State::Closed);
}

#[test]
fn close_after_wants_as_many_successes_and_no_failure() {
    let (breaker, clock) = touchy();
    let breaker = breaker.close_after(5).probes(1);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    succeed(&breaker, 4);
    assert_eq!(state(&breaker), State::HalfOpen);
    fail(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
    assert_eq!(breaker.handle().snapshot().cause, Some(Cause::Probes { calls: 1, of: 5 }));
    clock.advance(seconds(10));
    succeed(&breaker, 5);
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn close_after_limits_how_many_try_at_once_not_how_many_try() {
    let (breaker, clock) = touchy();
    let breaker = breaker.close_after(3).probes(2);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    let (one, two) = (breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap());
    assert!(breaker.try_acquire().is_err());
    one.success();
    let three = breaker.try_acquire().unwrap();
    two.success();
    three.success();
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn zero_probes_and_zero_successes_count_as_one() {
    let (breaker, clock) = touchy();
    for breaker in [breaker.clone().probes(0), breaker.probes(0).close_after(0)] {
        fail(&breaker, 1);
        clock.advance(seconds(5));
        let probe = breaker.try_acquire().unwrap();
        assert!(breaker.try_acquire().is_err());
        probe.success();
        assert_eq!(state(&breaker), State::Closed);
    }
}

#[test]
fn a_probe_that_takes_too_long_loses_its_place_and_its_say() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(1).probe_timeout(seconds(2));
    fail(&breaker, 1);
    clock.advance(seconds(5));
    let late = breaker.try_acquire().unwrap();
    let why = breaker.try_acquire().unwrap_err();
    assert_eq!(why.retry_after(), Some(seconds(2)));
    clock.advance(seconds(2));
    let probe = breaker.try_acquire().expect("the place is free");
    late.failure();
    assert_eq!(state(&breaker), State::HalfOpen);
    probe.success();
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn a_late_success_closes_nothing() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(1).probe_timeout(seconds(2));
    fail(&breaker, 1);
    clock.advance(seconds(5));
    let late = breaker.try_acquire().unwrap();
    clock.advance(seconds(2));
    late.success();
    assert_eq!(state(&breaker), State::HalfOpen);
}

#[test]
fn probes_that_do_not_end_in_time_open_it_again() {
    let (breaker, clock) = touchy();
    let breaker = breaker.half_open_at_most(seconds(8)).probes(1);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    let hanging = breaker.try_acquire().unwrap();
    clock.advance(Duration::from_micros(7_999_999));
    assert!(breaker.try_acquire().is_err());
    assert_eq!(state(&breaker), State::HalfOpen);
    clock.advance(Duration::from_micros(1));
    let why = breaker.try_acquire().unwrap_err();
    assert_eq!((state(&breaker), why.retry_after()), (State::Open, Some(seconds(10))));
    assert_eq!(breaker.handle().snapshot().cause, Some(Cause::Unproven));
    hanging.success();
    assert_eq!(state(&breaker), State::Open);
}

#[test]
fn a_breaker_that_is_seldom_asked_closes_all_the_same() {
    let (breaker, clock) = touchy();
    let breaker = breaker.close_after(4);
    fail(&breaker, 1);
    for _ in 0..4 {
        clock.advance(seconds(60));
        assert_eq!(passing(&breaker, 1), 1, "every call that is well");
    }
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn even_no_time_to_try_is_time_for_one_probe() {
    let (breaker, clock) = touchy();
    let breaker = breaker.half_open_at_most(Duration::ZERO).probes(2);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    assert_eq!(passing(&breaker, 2), 2);
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn waits_double_with_each_recovery_that_fails_and_begin_anew_after_one_that_does_not() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(1).open_at_most(seconds(30));
    fail(&breaker, 1);
    for expected in [5, 10, 20, 30, 30] {
        assert_eq!(wait(&breaker), Some(seconds(expected)));
        clock.advance(seconds(expected));
        fail(&breaker, 1);
    }
    clock.advance(seconds(30));
    succeed(&breaker, 1);
    fail(&breaker, 1);
    assert_eq!(wait(&breaker), Some(seconds(5)));
}

#[test]
fn jitter_makes_waits_longer_by_up_to_its_share_and_never_longer_than_the_longest() {
    let waits = |seed| {
        let (breaker, clock) = touchy();
        let breaker =
            breaker.jitter(Ratio::percent(50)).probes(1).open_at_most(seconds(12)).seed(seed);
        let mut waits = Vec::new();
        for _ in 0..4 {
            fail(&breaker, 1);
            let wait = wait(&breaker).expect("it is open");
            waits.push(wait);
            clock.advance(wait);
        }
        waits
    };
    assert_eq!(waits(7), waits(7), "the same seed");
    let first: Vec<_> = (0..50).map(|seed| waits(seed)[0]).collect();
    assert!(first.iter().all(|&wait| wait >= seconds(5) && wait <= Duration::from_millis(7_500)));
    assert!(
        first.iter().any(|&wait| wait > seconds(7)) && first.iter().any(|&wait| wait < seconds(6))
    );
    for seed in 0..50 {
        let waits = waits(seed);
        assert!(waits[1] >= seconds(10) && waits[1] <= seconds(12), "seed {seed}: {waits:?}");
        assert_eq!(waits[2..], [seconds(12); 2], "seed {seed}");
    }
}

#[test]
fn a_ramp_lets_a_share_pass_that_grows_from_a_twentieth_to_all() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(1).ramp(seconds(100)).seed(3);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Closed);
    for (after, share) in [(0, 5), (3, 5), (47, 50), (49, 99)] {
        clock.advance(seconds(after));
        let passed = passing(&breaker, 10_000) as f64 / 100.0;
        assert!((passed - f64::from(share)).abs() < 1.5, "{passed} % after {after} s more");
    }
    clock.advance(seconds(1));
    assert_eq!(passing(&breaker, 1_000), 1_000);
}

#[test]
fn who_fails_in_a_ramp_has_not_recovered_and_who_fails_after_it_has() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(1).ramp(seconds(10));
    fail(&breaker, 1);
    clock.advance(seconds(5));
    succeed(&breaker, 1);
    clock.advance(Duration::from_millis(9_999));
    while breaker.try_acquire().map(palisade_breaker::Permit::failure).is_err() {}
    assert_eq!(wait(&breaker), Some(seconds(10)));
    clock.advance(seconds(10));
    succeed(&breaker, 1);
    clock.advance(seconds(10));
    fail(&breaker, 1);
    assert_eq!(wait(&breaker), Some(seconds(5)));
}

#[test]
fn opened_by_hand_it_stays_open_until_it_is_closed_by_hand() {
    let (breaker, clock) = touchy();
    let handle = breaker.handle();
    handle.force_open();
    clock.advance(Duration::from_secs(1_000_000_000));
    let why = breaker.try_acquire().unwrap_err();
    assert_eq!((state(&breaker), why.retry_after()), (State::ForcedOpen, None));
    assert_eq!(handle.snapshot().next_probe, None);
    handle.force_close();
    fail(&breaker, 1);
    handle.force_open();
    assert_eq!(state(&breaker), State::ForcedOpen);
    handle.force_close();
    fail(&breaker, 1);
    clock.advance(seconds(5));
    let probe = breaker.try_acquire().unwrap();
    handle.force_open();
    probe.success();
    assert_eq!(state(&breaker), State::ForcedOpen);
    handle.force_close();
    assert_eq!((state(&breaker), handle.snapshot().calls), (State::Closed, 0));
}

#[test]
fn closed_by_hand_it_has_seen_nothing_and_hears_of_nothing_older() {
    let (breaker, _) = breaker();
    let breaker = breaker.minimum_calls(2);
    fail(&breaker, 1);
    let before = breaker.try_acquire().unwrap();
    breaker.handle().force_close();
    before.failure();
    assert_eq!(breaker.handle().snapshot().failures, 0);
    fail(&breaker, 1);
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn reset_also_forgets_what_is_usual() {
    let (breaker, clock) = breaker();
    let breaker = breaker.trip(Trip::raised(palisade_breaker::Raised::new()));
    for _ in 0..3 {
        succeed(&breaker, 95);
        fail(&breaker, 5);
        clock.advance(seconds(1));
    }
    let handle = breaker.handle();
    assert_eq!(handle.snapshot().usual, Some(Ratio::percent(5)));
    handle.force_close();
    assert_eq!(handle.snapshot().usual, Some(Ratio::percent(5)));
    handle.reset();
    assert_eq!((handle.snapshot().usual, handle.snapshot().calls), (None, 0));
}

#[test]
fn switched_off_it_neither_refuses_nor_counts() {
    let (breaker, _) = touchy();
    fail(&breaker, 1);
    let handle = breaker.handle();
    handle.disable();
    fail(&breaker, 100);
    assert_eq!((handle.snapshot().failed, handle.snapshot().in_flight), (1, 0));
    handle.set_enabled(true);
    assert!(breaker.try_acquire().is_err());
}

#[test]
fn enforced_by_a_share_it_refuses_that_share_and_says_how_many_it_let_pass() {
    let (breaker, _) = touchy();
    fail(&breaker, 1);
    let handle = breaker.handle();
    handle.set_enforce(Ratio::percent(25));
    let refused = (0..100).filter(|_| breaker.try_acquire().is_err()).count();
    let snapshot = handle.snapshot();
    assert_eq!((refused, snapshot.rejected, snapshot.shadowed), (25, 25, 75));
}

#[test]
fn results_by_hand_are_heard_in_each_state() {
    let (breaker, clock) = breaker();
    let breaker = breaker.trip(Trip::consecutive(3));
    let fail = || {
        assert!(breaker.allow_request());
        breaker.record_failure();
    };
    (0..3).for_each(|_| fail());
    assert_eq!(state(&breaker), State::Open);
    assert!(!breaker.allow_request());
    clock.advance(seconds(5));
    // Three try, two are well: the third never says anything.
    assert_eq!((0..5).filter(|_| breaker.allow_request()).count(), 3);
    breaker.record_success();
    breaker.record_success();
    assert_eq!(state(&breaker), State::Closed);
    (0..3).for_each(|_| fail());
    assert_eq!(state(&breaker), State::Open, "the probe without a result is forgotten");
    assert_eq!(breaker.handle().snapshot().in_flight, 0);
}

#[test]
fn a_result_by_hand_is_that_of_a_probe_in_time() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(2).probe_timeout(seconds(2)).close_after(1);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    assert!(breaker.allow_request());
    clock.advance(seconds(1));
    assert!(breaker.allow_request());
    clock.advance(seconds(1));
    breaker.record_success();
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn fewer_probes_decide_at_once_what_more_had_left_open() {
    let (breaker, clock) = touchy();
    fail(&breaker, 1);
    clock.advance(seconds(5));
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::HalfOpen);
    breaker.handle().update(|settings| settings.probes = 1);
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn closed_by_hand_in_a_ramp_it_has_seen_nothing_of_the_calls_in_flight() {
    let (breaker, clock) = touchy();
    let breaker = breaker.ramp(seconds(10)).probes(1);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    succeed(&breaker, 1);
    clock.advance(Duration::from_micros(9_999_999));
    let late = breaker.try_acquire().expect("nearly all pass");
    breaker.handle().force_close();
    late.failure();
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn a_probe_without_any_time_has_a_microsecond() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probe_timeout(Duration::ZERO).probes(1);
    fail(&breaker, 1);
    clock.advance(seconds(5));
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn who_hears_that_the_service_is_back_ends_the_wait_and_a_probe_still_decides() {
    let (breaker, clock) = touchy();
    let handle = breaker.handle();
    fail(&breaker, 1);
    clock.advance(seconds(1));
    handle.probe_now();
    assert_eq!((state(&breaker), wait(&breaker)), (State::Open, Some(Duration::ZERO)));
    breaker.try_acquire().expect("the wait is over").failure();
    assert!(breaker.try_acquire().is_ok(), "two may be under way");
}

#[test]
fn what_was_opened_by_hand_has_no_wait_to_end() {
    let (breaker, _clock) = touchy();
    let handle = breaker.handle();
    handle.force_open();
    handle.probe_now();
    assert!(breaker.try_acquire().is_err());
    handle.force_close();
    handle.probe_now();
    assert_eq!(state(&breaker), State::Closed);
}
