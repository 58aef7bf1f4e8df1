//! When a breaker opens, and what it then says.

use std::time::Duration;

use palisade_breaker::{Breaker, Cause, Ratio, State, Trip, Window};
use palisade_core::ManualClock;

fn breaker() -> (Breaker, ManualClock) {
    let clock = ManualClock::new();
    (Breaker::new().clock(clock.clock()).jitter(Ratio::ZERO), clock)
}

fn succeed(breaker: &Breaker, calls: usize) {
    for _ in 0..calls {
        breaker.try_acquire().expect("calls pass").success();
    }
}

fn fail(breaker: &Breaker, calls: usize) {
    for _ in 0..calls {
        breaker.try_acquire().expect("calls pass").failure();
    }
}

fn state(breaker: &Breaker) -> State {
    breaker.handle().snapshot().state
}

#[test]
fn half_of_twenty_calls_is_enough_and_one_less_is_not() {
    let (breaker, _) = breaker();
    succeed(&breaker, 11);
    fail(&breaker, 9);
    assert_eq!(state(&breaker), State::Closed);
    // The 21st call: 10 of 21 are less than half.
    fail(&breaker, 1);
    assert_eq!(state(&breaker), State::Closed);
    fail(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
    let cause = breaker.handle().snapshot().cause;
    assert_eq!(cause, Some(Cause::Failed { calls: 11, of: 22 }));
}

#[test]
fn too_few_calls_are_no_rate_and_the_one_that_completes_them_may_be_a_success() {
    let (breaker, _) = breaker();
    fail(&breaker, 19);
    assert_eq!(state(&breaker), State::Closed);
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
}

#[test]
fn a_window_of_calls_slides_with_each_call() {
    let (breaker, _) = breaker();
    let breaker = breaker.window(Window::Calls(10)).minimum_calls(10);
    succeed(&breaker, 1_000);
    fail(&breaker, 4);
    assert_eq!(state(&breaker), State::Closed);
    fail(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
}

#[test]
fn successes_that_leave_the_window_of_time_can_open_it() {
    let (breaker, clock) = breaker();
    let breaker = breaker.minimum_calls(1);
    succeed(&breaker, 100);
    clock.advance(Duration::from_secs(5));
    fail(&breaker, 50);
    assert_eq!(state(&breaker), State::Closed);
    clock.advance(Duration::from_secs(6));
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
}

#[test]
fn a_refusal_says_who_refuses_why_and_when_the_next_probe_is_due() {
    let (breaker, clock) = breaker();
    let breaker =
        breaker.name("payments").trip(Trip::consecutive(3)).open_for(Duration::from_secs(10));
    fail(&breaker, 3);
    clock.advance(Duration::from_secs(8));
    let why = breaker.try_acquire().unwrap_err();
    assert_eq!(
        why.to_string(),
        r#"circuit "payments" open for 8s (3 calls failed in a row); next probe in 2s"#
    );
    clock.advance(Duration::from_micros(1_999_999));
    assert!(breaker.try_acquire().is_err());
    clock.advance(Duration::from_micros(1));
    breaker.try_acquire().expect("exactly at the end of the wait").success();
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::Closed);
}
