//! What a budget gives, case by case.

use std::time::Duration;

use palisade_core::{Clock, Micros, Ratio};
use palisade_retry::Budget;

/// Some time, at the beginning of a second.
const START: Micros = Micros(1_700_000_000_000_000);
const DAY: u64 = 86_400_000;

fn at(millis: u64) -> Micros {
    START + Micros(millis * 1_000)
}

fn share(percent: u32) -> Budget {
    Budget::new(Ratio::percent(percent)).per_second(0)
}

/// Only what time brings.
fn per_second(tokens: u32) -> Budget {
    Budget::new(Ratio::ZERO).per_second(tokens)
}

/// Tells `budget` that it is `now`, and of requests that are made then.
fn make(budget: &Budget, requests: u32, now: Micros) {
    let _ = budget.balance(now);
    (0..requests).for_each(|_| budget.deposit());
    let _ = budget.balance(now);
}

/// How many of so many withdrawals are given.
fn take(budget: &Budget, attempts: usize, now: Micros) -> usize {
    (0..attempts).filter(|_| budget.withdraw(now)).count()
}

#[test]
fn seven_tenths_of_a_hundred_requests_are_seventy() {
    let budget = share(70);
    (0..100).for_each(|_| budget.deposit());
    assert_eq!(take(&budget, 200, START), 70);
}

#[test]
fn a_fresh_budget_holds_what_a_window_brings() {
    let budget = Budget::default();
    assert_eq!(budget.balance(START), 100);
    assert_eq!(take(&budget, 200, START), 100);
    assert_eq!(Budget::default().balance(Micros::ZERO), 100, "whatever the time");
}

#[test]
fn time_brings_exactly_its_tokens() {
    let budget = per_second(10);
    assert_eq!(take(&budget, 200, START), 100);
    assert!(!budget.withdraw(START + Micros(99_999)));
    for tenth in 1..=30 {
        assert_eq!(take(&budget, 5, at(tenth * 100)), 1, "after {tenth} tenths of a second");
    }
    assert_eq!(budget.balance(at(3_000 + 9_999)), 99);
    assert_eq!(budget.balance(at(3_000 + 10_000)), 100);
    assert_eq!(budget.balance(at(3_000 + 10_500)), 100, "what is older is gone");
}

#[test]
fn a_rate_that_does_not_divide_a_second_is_exact_too() {
    let budget = per_second(3);
    assert_eq!(take(&budget, 200, START), 30);
    for second in 0..100 {
        let start = START + Micros(second * 1_000_000);
        assert_eq!(take(&budget, 5, start + Micros(333_333)), 0);
        assert_eq!(take(&budget, 5, start + Micros(333_334)), 1);
        assert_eq!(take(&budget, 5, start + Micros(1_000_000)), 2);
    }
}

#[test]
fn a_month_without_calls_is_one_step() {
    // A window of ten microseconds: in a month three million million of its tenths go by, and until
    // the end of time ten million million million.
    for window in [Duration::from_micros(10), Duration::from_secs(10)] {
        let budget = share(100).window(window);
        make(&budget, 50, START);
        assert_eq!(budget.balance(START), 50);
        assert_eq!(budget.balance(at(30 * DAY)), 0);
        make(&budget, 50, at(30 * DAY));
        assert_eq!(budget.balance(at(30 * DAY)), 50);
        assert_eq!(budget.balance(Micros::MAX), 0);
    }
    let budget = per_second(10);
    assert_eq!(take(&budget, 100, START), 100);
    assert_eq!(budget.balance(at(30 * DAY)), 100);
}

#[test]
fn what_requests_brought_is_gone_after_the_window() {
    let budget = share(10);
    make(&budget, 100, START);
    assert_eq!(budget.balance(at(9_999)), 10);
    assert_eq!(budget.balance(at(10_000)), 0);
}

#[test]
fn requests_count_from_when_they_were_made_on_average() {
    let budget = share(20);
    let _ = budget.balance(START);
    (0..1_000).for_each(|_| budget.deposit());
    // The window reaches back to 11 s by then: nine of twenty seconds.
    assert_eq!(budget.balance(at(20_000)), 90);
    // What was in the first of these is gone: five are left.
    assert_eq!(budget.balance(at(24_000)), 50);
}

#[test]
fn of_requests_nobody_looked_at_only_those_of_the_window_count() {
    let budget = share(100);
    (0..1_000).for_each(|_| budget.deposit());
    let in_an_hour = Clock::default().now() + Micros(3_600_000_000);
    // Of 1000 in an hour, 2.5 are in nine seconds, and 2.8 in ten.
    assert_eq!(budget.balance(in_an_hour), 2);
}

#[test]
fn the_oldest_token_is_taken_first() {
    let budget = share(100);
    make(&budget, 10, START);
    make(&budget, 10, at(5_000));
    assert_eq!(take(&budget, 10, at(6_000)), 10);
    assert_eq!(budget.balance(at(14_999)), 10, "those of the fifth second are left");
    assert_eq!(budget.balance(at(15_000)), 0);
}

#[test]
fn of_what_time_and_requests_brought_the_oldest_is_taken_first() {
    let budget = Budget::new(Ratio::ONE).per_second(1);
    // Time has brought ten in the window before.
    make(&budget, 10, START);
    assert_eq!(take(&budget, 10, START), 10);
    assert_eq!(budget.balance(at(9_999)), 10 + 9);
    // The requests are the oldest now, and then the seconds.
    assert_eq!(take(&budget, 10, at(9_999)), 10);
    assert_eq!(budget.balance(at(10_000)), 10);
}

#[test]
fn a_step_back_of_the_clock_is_no_time() {
    let budget = per_second(10);
    assert_eq!(take(&budget, 200, at(50_000)), 100);
    assert!(!budget.withdraw(START));
    assert!(!budget.withdraw(at(50_099)), "the time before the step back counts once");
    assert!(budget.withdraw(at(50_100)));

    let budget = share(100);
    make(&budget, 1, at(50_000));
    budget.deposit();
    assert_eq!(take(&budget, 5, START), 2, "requests count all the same");
}

#[test]
fn a_budget_of_nothing_gives_nothing() {
    for nothing in [
        share(0),
        Budget::new(Ratio::ONE).per_second(u32::MAX).window(Duration::ZERO),
        Budget::new(Ratio::ONE).per_second(u32::MAX).window(Duration::from_micros(9)),
    ] {
        make(&nothing, 1_000, START);
        assert!(!nothing.withdraw(START), "{nothing:?}");
        assert!(!nothing.withdraw(at(1_000)), "{nothing:?}");
        assert_eq!(nothing.balance(at(30 * DAY)), 0);
    }
}

#[test]
fn the_largest_settings_give_what_fits() {
    let budget = Budget::new(Ratio::ONE).per_second(u32::MAX).window(Duration::MAX);
    make(&budget, 1_000, START);
    assert_eq!(budget.balance(START), u64::MAX);
    assert!(budget.withdraw(Micros::MAX));

    let for_ever = share(100).window(Duration::MAX);
    make(&for_ever, 1_000, Micros::ZERO);
    assert_eq!(for_ever.balance(at(30 * DAY)), 1_000);
}

#[test]
fn ten_microseconds_are_a_window() {
    let budget = per_second(1_000_000).window(Duration::from_nanos(19_001));
    assert_eq!(budget.balance(START), 20, "19.001 us are rounded up to 20");
    let budget = per_second(1_000_000).window(Duration::from_micros(19));
    assert_eq!(budget.balance(START), 10, "19 us are ten tenths of 1 us");
}

#[test]
fn an_unlimited_budget_always_gives_and_stays_so() {
    let budget = Budget::unlimited().per_second(0).window(Duration::ZERO);
    budget.deposit();
    assert_eq!(take(&budget, 1_000, START), 1_000);
    assert_eq!(budget.balance(START), u64::MAX);
}

#[test]
fn clones_share_one_budget() {
    let budget = share(100);
    let clone = budget.clone();
    make(&budget, 10, START);
    assert_eq!(take(&clone, 4, START), 4);
    clone.deposit();
    assert_eq!(take(&budget, 10, START), 7);
}

#[test]
fn a_setter_makes_a_fresh_budget_and_leaves_its_clones_alone() {
    let budget = share(100);
    make(&budget, 10, START);
    let other = budget.clone().window(Duration::from_secs(1));
    assert_eq!(other.balance(START), 0);
    other.deposit();
    assert_eq!(budget.balance(at(9_999)), 10, "neither the window nor the request is its own");
    assert_eq!(other.balance(START), 1);
    assert_eq!(budget.per_second(3).balance(START), 30);
}

#[test]
fn a_budget_publishes_no_series_of_its_own() {
    let budget = Budget::default();
    budget.deposit();
    let recorder = metrics_util::debugging::DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, palisade_core::telemetry::publish);
    assert!(recorder.snapshotter().snapshot().into_vec().is_empty());
}
