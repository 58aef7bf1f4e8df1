//! What is in a window, against lists of calls.

mod support;

use std::time::Duration;

use palisade_breaker::model::{Calls, Times};
use palisade_breaker::{Abandoned, Breaker, Ratio, State, Trip, Window};
use palisade_core::{ManualClock, Micros};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{breaker, fail, seconds, seeded, state, succeed};

/// How a call ended: when, whether it failed and whether it was slow.
type Ended = (u64, bool, bool);

/// Calls, failures and slow ones.
fn count<'c>(calls: impl Iterator<Item = &'c Ended>) -> [u64; 3] {
    calls.fold([0; 3], |[calls, failed, slow], &(_, has_failed, was_slow)| {
        [calls + 1, failed + u64::from(has_failed), slow + u64::from(was_slow)]
    })
}

/// Those of the window of this length that ends now.
fn in_time(calls: &[Ended], now: u64, span: u64) -> [u64; 3] {
    let width = (span / 10).max(1);
    let first = (now / width * width).saturating_sub(width * 9);
    count(calls.iter().filter(|&&(at, ..)| at >= first))
}

fn in_last(calls: &[Ended], size: usize) -> [u64; 3] {
    count(calls.iter().rev().take(size.max(1)))
}

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn a_ring_holds_the_last_calls(
        size in 0_u32..20,
        ends in vec((any::<bool>(), any::<bool>()), 0..100),
        other in 0_u32..30,
    ) {
        let (ring, mut list) = (Calls::new(size), Vec::new());
        for (failed, slow) in ends {
            match failed || slow {
                true => ring.strain(failed, slow),
                false => ring.succeed(),
            }
            list.push((0, failed, slow));
            prop_assert_eq!(ring.counts(), in_last(&list, size as usize));
            if ring.is_calm() {
                prop_assert_eq!(ring.counts(), [u64::from(size.max(1)), 0, 0]);
            }
        }
        let kept = size.max(1).min(other.max(1)) as usize;
        prop_assert_eq!(ring.resized(other).counts(), in_last(&list, kept));
    }

    #[test]
    fn buckets_hold_the_calls_of_nine_to_ten_tenths(
        span in prop_oneof![0_u64..30, 1_000_u64..100_000],
        start in 0_u64..1_000,
        ends in vec((prop_oneof![Just(0_u64), 0_u64..50, 0_u64..20_000, Just(3_000_000_000)], any::<bool>()), 0..200),
    ) {
        let (times, mut list, mut now) = (Times::new(Micros(span)), Vec::new(), start);
        for (wait, failed) in ends {
            now += wait;
            times.end(Micros(now), failed);
            list.push((now, failed, false));
            prop_assert_eq!(times.counts(), in_time(&list, now, span));
        }
    }

    #[test]
    fn each_bucket_is_told_once_when_it_has_ended(
        ends in vec((0_u64..250, any::<bool>()), 1..200),
    ) {
        let (times, mut now, mut told) = (Times::new(Micros(1_000)), 0, [0; 2]);
        let mut counted = [0; 2];
        for (wait, failed) in ends {
            now += wait;
            if let Some([calls, failures, _]) = times.end(Micros(now), failed) {
                told = [told[0] + calls, told[1] + failures];
                prop_assert_eq!(told, counted);
            }
            counted = [counted[0] + 1, counted[1] + u64::from(failed)];
        }
    }

    #[test]
    fn a_breaker_opens_with_the_very_call_that_a_list_of_calls_says(
        window in prop_oneof![
            (1_u32..30).prop_map(Window::Calls),
            (1_000_u64..20_000).prop_map(|span| Window::Time(Duration::from_micros(span))),
        ],
        minimum in 0_u32..25,
        failures in 0_u32..=100,
        slow in prop::option::of(0_u32..=100),
        in_a_row in prop::option::of(0_u32..8),
        calls in vec((prop_oneof![Just(0_u64), 0_u64..50, 0_u64..3_000], 0_u64..200, 0_u8..8), 1..300),
    ) {
        let clock = ManualClock::new();
        let mut trip = Trip::failure_rate(Ratio::percent(failures));
        if let Some(rate) = slow {
            trip = trip.or(Trip::slow_rate(Ratio::percent(rate), Duration::from_micros(100)));
        }
        if let Some(row) = in_a_row {
            trip = trip.or(Trip::consecutive(row));
        }
        let breaker = Breaker::new().clock(clock.clock()).trip(trip).window(window);
        let breaker = breaker.minimum_calls(minimum);
        let handle = breaker.handle();
        let (mut list, mut row) = (Vec::new(), 0_u32);
        for (wait, took, end) in calls {
            clock.advance(Duration::from_micros(wait));
            let permit = breaker.try_acquire().unwrap();
            clock.advance(Duration::from_micros(took));
            let failed = end < 2;
            let now = clock.clock().now().0;
            match end {
                0 | 1 => permit.failure(),
                // It says nothing, and is in no window.
                2 => drop(permit),
                _ => permit.success(),
            }
            if end != 2 {
                list.push((now, failed, slow.is_some() && took >= 100));
                row = if failed { row + 1 } else { 0 };
            }
            let [all, failed, slowed] = match window {
                Window::Calls(size) => in_last(&list, size as usize),
                Window::Time(span) => in_time(&list, now, span.as_micros() as u64),
                _ => unreachable!("there are two"),
            };
            let reaches = |some: u64, rate: u32| some > 0 && some * 100 >= u64::from(rate) * all;
            let enough = all >= u64::from(minimum.max(1));
            let opens = in_a_row.is_some_and(|most| row >= most.max(1))
                || enough && reaches(failed, failures)
                || enough && slow.is_some_and(|rate| reaches(slowed, rate));
            let snapshot = handle.snapshot();
            // What says nothing is no occasion to open.
            let expected = if opens && end != 2 { State::Open } else { State::Closed };
            prop_assert_eq!(snapshot.state, expected, "{:?}", snapshot);
            let counts = [snapshot.calls, snapshot.failures, snapshot.slow].map(u64::from);
            prop_assert_eq!(counts, [all, failed, slowed]);
            if opens && end != 2 {
                handle.force_close();
                list.clear();
                row = 0;
            }
        }
    }
}

#[test]
fn a_month_without_calls_leaves_nothing() {
    for window in [seconds(10), Duration::from_micros(3)] {
        let (breaker, clock) = breaker();
        let breaker = breaker.minimum_calls(10).window(Window::Time(window));
        fail(&breaker, 9);
        clock.advance(seconds(30 * 86_400));
        let snapshot = breaker.handle().snapshot();
        assert_eq!((snapshot.calls, snapshot.failures), (0, 0), "though nobody has called");
        fail(&breaker, 9);
        assert_eq!((state(&breaker), breaker.handle().snapshot().failures), (State::Closed, 9));
        fail(&breaker, 1);
        assert_eq!(state(&breaker), State::Open);
    }
}

#[test]
fn to_look_at_it_changes_nothing() {
    let opens = |looks: bool| {
        let (breaker, clock) = breaker();
        let breaker = breaker.minimum_calls(1);
        succeed(&breaker, 100);
        clock.advance(seconds(5));
        fail(&breaker, 50);
        clock.advance(seconds(6));
        if looks {
            assert_eq!(breaker.handle().snapshot().calls, 50);
        }
        succeed(&breaker, 1);
        state(&breaker)
    };
    assert_eq!([opens(false), opens(true)], [State::Open; 2]);
}

#[test]
fn a_clock_that_steps_back_neither_panics_nor_forgets() {
    let (breaker, clock) = breaker();
    let breaker = breaker.minimum_calls(10).probes(1);
    fail(&breaker, 5);
    let start = clock.clock().now();
    for now in [0, start.0 - 3_000_000, start.0 / 2, 1] {
        clock.set(Micros(now));
        fail(&breaker, 1);
        assert_eq!(state(&breaker), State::Closed);
    }
    fail(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
    clock.set(start);
    clock.advance(seconds(60));
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn what_was_seen_stays_when_a_window_of_time_changes() {
    let (breaker, clock) = breaker();
    let (breaker, handle) = (breaker.clone(), breaker.handle());
    // In seconds that are full: one call fails in each.
    for _ in 0..9 {
        clock.advance(seconds(1));
        fail(&breaker, 1);
    }
    let failures = || handle.snapshot().failures;
    assert_eq!(failures(), 9);
    handle.update(|settings| settings.window = Window::Time(seconds(100)));
    assert_eq!(failures(), 9);
    clock.advance(seconds(60));
    fail(&breaker, 1);
    assert_eq!(failures(), 10, "it reaches back further now");
    handle.update(|settings| settings.window = Window::Time(seconds(10)));
    assert_eq!(failures(), 1);
}

#[test]
fn what_was_seen_stays_when_a_window_of_calls_changes() {
    let (breaker, _) = breaker();
    let breaker = breaker.window(Window::Calls(10)).trip(Trip::never());
    let handle = breaker.handle();
    succeed(&breaker, 20);
    fail(&breaker, 3);
    let counts = || (handle.snapshot().calls, handle.snapshot().failures);
    handle.update(|settings| settings.window = Window::Calls(100));
    assert_eq!(counts(), (10, 3));
    succeed(&breaker, 2);
    assert_eq!(counts(), (12, 3));
    handle.update(|settings| settings.window = Window::Calls(4));
    assert_eq!(counts(), (4, 2));
    handle.update(|settings| settings.window = Window::Time(seconds(10)));
    handle.update(|settings| settings.window = Window::Calls(u32::MAX));
    assert_eq!(counts(), (0, 0));
    fail(&breaker, 1);
    assert_eq!(counts(), (1, 1));
}

#[test]
fn a_new_threshold_holds_for_what_was_seen_from_the_next_call_on() {
    let (breaker, _) = breaker();
    fail(&breaker, 5);
    succeed(&breaker, 95);
    breaker.handle().update(|settings| settings.trip = Trip::failure_rate(Ratio::percent(4)));
    assert_eq!(state(&breaker), State::Closed);
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
}

#[test]
fn a_wait_that_has_begun_stays() {
    let (breaker, clock) = support::touchy();
    fail(&breaker, 1);
    breaker.handle().update(|settings| settings.open_for = seconds(1));
    clock.advance(seconds(4));
    assert!(breaker.try_acquire().is_err());
}

#[test]
fn slow_calls_open_it_whether_they_succeed_or_not() {
    let (breaker, clock) = breaker();
    let slow = Trip::slow_rate(Ratio::percent(50), seconds(1));
    let breaker = breaker.trip(slow).minimum_calls(4).close_after(1);
    let call = |took: Duration, success: bool| {
        let permit = breaker.try_acquire().unwrap();
        clock.advance(took);
        if success { permit.success() } else { permit.failure() }
    };
    call(Duration::from_micros(999_999), true);
    call(Duration::from_micros(999_999), false);
    call(seconds(1), true);
    assert_eq!((state(&breaker), breaker.handle().snapshot().slow), (State::Closed, 1));
    call(seconds(1), false);
    assert_eq!(state(&breaker), State::Open);
    clock.advance(seconds(5));
    call(seconds(1), true);
    assert_eq!(state(&breaker), State::Open, "a slow probe is no recovery");
    clock.advance(seconds(10));
    call(Duration::ZERO, true);
    assert_eq!(state(&breaker), State::Closed);
}

#[test]
fn of_two_rules_the_first_that_is_met_opens_it() {
    let rules = Trip::consecutive(3).or(Trip::failure_rate(Ratio::percent(20)));
    let (rated, _) = breaker();
    let rated = rated.trip(rules.or(Trip::consecutive(5)).or(Trip::failure_rate(Ratio::ONE)));
    let row = rated.clone().seed(1);
    for _ in 0..4 {
        assert_eq!(state(&rated), State::Closed);
        succeed(&rated, 4);
        fail(&rated, 1);
    }
    assert_eq!(state(&rated), State::Open);
    fail(&row, 3);
    assert_eq!(state(&row), State::Open);
}

#[test]
fn a_rate_of_nothing_is_the_first_failure_and_more_calls_than_fit_are_never_there() {
    let (first, _) = breaker();
    let first = first.failure_rate(Ratio::ZERO).minimum_calls(0);
    let never = first.clone().window(Window::Calls(10)).minimum_calls(11);
    succeed(&first, 100);
    fail(&first, 1);
    assert_eq!(state(&first), State::Open);
    fail(&never, 1_000);
    assert_eq!(state(&never), State::Closed);
}

#[test]
fn an_abandoned_call_fails_after_its_time_and_never_if_it_is_neutral() {
    let hang = |abandoned, took| {
        let (breaker, clock) = breaker();
        let slow = Trip::slow_rate(Ratio::ONE, seconds(60));
        let breaker = breaker.trip(Trip::consecutive(1).or(slow)).abandoned(abandoned);
        let permit = breaker.try_acquire().unwrap();
        clock.advance(took);
        drop(permit);
        state(&breaker)
    };
    assert_eq!(
        hang(Abandoned::FailsAfter(seconds(5)), Duration::from_micros(4_999_999)),
        State::Closed
    );
    assert_eq!(hang(Abandoned::FailsAfter(seconds(5)), seconds(5)), State::Open);
    assert_eq!(hang(Abandoned::FailsAfter(Duration::ZERO), Duration::ZERO), State::Open);
    assert_eq!(hang(Abandoned::FailsAfter(Duration::MAX), seconds(1_000)), State::Closed);
    assert_eq!(hang(Abandoned::Neutral, seconds(1_000)), State::Closed);
}
