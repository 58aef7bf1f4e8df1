//! What passes at most, and what a greedy caller gets.

use palisade_ratelimit::{Quota, per_minute, per_second};
use proptest::prelude::*;

use crate::draw::{Call, few, forward};
use crate::kept::{Kind, Limit};
use crate::support::{START, seeded};

const SECOND: u64 = 1_000_000;

/// What was granted when.
pub(crate) type Grants = Vec<(u64, u64)>;

/// What passes of `calls`, whose time only goes forward from `now`.
pub(crate) fn granted(limit: &mut dyn Limit, mut now: u64, quota: Quota, calls: &[Call]) -> Grants {
    let mut grant = |call: &Call| {
        now = call.after(now, quota);
        (now, limit.run(now, call.op, call.units).granted)
    };
    calls.iter().map(&mut grant).collect()
}

/// The most that was granted in any span of so long.
pub(crate) fn most_within(span: u64, grants: &Grants) -> u64 {
    let from = |&(start, _): &(u64, u64)| {
        let within = grants.iter().filter(|(at, _)| (start..start + span).contains(at));
        within.map(|(_, units)| units).sum()
    };
    grants.iter().map(from).max().unwrap_or(0)
}

/// The most that was granted in a window that begins at a multiple of the period.
pub(crate) fn most_in_a_window(period: u64, grants: &Grants) -> u64 {
    let of = |window: u64| {
        let within = grants.iter().filter(|(at, _)| at / period == window);
        within.map(|(_, units)| units).sum()
    };
    grants.iter().map(|(at, _)| of(at / period)).max().unwrap_or(0)
}

#[test]
fn a_fixed_window_gives_its_limit_in_each_window_however_often_it_is_asked() {
    let mut limit = Kind::Fixed.limit(per_second(7));
    for second in 0..1_000 {
        let asked = (0..10).map(|tenth| limit.drain(START + second * SECOND + tenth * 100_000));
        assert_eq!(asked.collect::<Vec<_>>(), [7, 0, 0, 0, 0, 0, 0, 0, 0, 0], "second {second}");
    }
}

#[test]
fn around_the_edge_of_fixed_windows_twice_the_limit_passes_within_an_instant() {
    let mut limit = Kind::Fixed.limit(per_second(7));
    let edge = START + SECOND;
    assert_eq!([edge - 1, edge, edge + 1].map(|now| limit.drain(now)), [7, 7, 0]);
}

#[test]
fn a_window_from_the_first_hit_ends_a_period_after_it() {
    let mut limit = Kind::FirstHit.limit(per_second(7));
    let first = START + 123_456;
    assert!(limit.decide(first, 1).allowed);
    assert_eq!(limit.drain(first + SECOND - 1), 6);
    // The next begins with its first hit and not where the last one ended.
    assert_eq!(limit.drain(first + SECOND + 500_000), 7);
    assert_eq!(limit.drain(first + 2 * SECOND + 499_999), 0);
    assert_eq!(limit.drain(first + 2 * SECOND + 500_000), 7);
}

#[test]
fn a_log_gives_a_greedy_caller_its_limit_in_every_period_and_no_more() {
    let (mut limit, step) = (Kind::Log.limit(per_second(7)), 12_345);
    let asked = (0..3_000).map(|at| START + at * step);
    let grants: Grants = asked.map(|now| (now, limit.drain(now))).collect();
    assert_eq!(most_within(SECOND, &grants), 7);
    // The first second's come back with the first call after it.
    let periods = (3_000 * step).div_ceil(SECOND.next_multiple_of(step));
    assert_eq!(grants.iter().map(|(_, units)| units).sum::<u64>(), 7 * periods);
}

#[test]
fn who_knows_the_windows_of_a_counter_gets_twice_its_limit_less_one() {
    for limit in [1, 2, 10, 100, 1_000, 100_000] {
        let (mut counter, edge) = (Kind::Counter.limit(per_minute(limit)), START + 60 * SECOND);
        // The last microsecond of one window, and the last that is within a period of it.
        let grants = [edge - 1, edge + 60 * SECOND - 2].map(|now| (now, counter.drain(now)));
        assert_eq!(most_within(60 * SECOND, &grants.into()), 2 * u64::from(limit) - 1);
    }
}

#[test]
fn who_calls_a_counter_evenly_at_its_limit_is_refused_once_in_a_window() {
    let mut counter = Kind::Counter.limit(per_second(10));
    let windows = (0..1_000).map(|second| START + second * SECOND);
    let passed = |window| {
        let calls = (0..10).map(|tenth| window + tenth * SECOND / 10);
        calls.filter(|&now| counter.decide(now, 1).allowed).count()
    };
    let passed: Vec<_> = windows.map(passed).collect();
    assert!(passed[0] == 10 && passed[1..].iter().all(|&passed| passed == 9), "{passed:?}");
}

#[test]
fn a_shaper_lets_one_go_each_interval() {
    let mut shaper = Kind::Shaper.limit(per_second(10));
    let mut go = || {
        let outcome = shaper.decide(START, 1);
        outcome.allowed.then_some(outcome.delay.0 / 100_000)
    };
    let gone: Vec<_> = std::iter::from_fn(&mut go).collect();
    assert_eq!(gone, [0, 0, 0, 1, 2, 3, 4, 5, 6]);
}

proptest! {
    #![proptest_config(seeded(500))]

    #[test]
    fn no_window_admits_more_than_it_promises(quota in few(), calls in forward()) {
        let period = quota.period_micros();
        let limit = u64::from(quota.limit());
        let of = |kind: Kind| granted(&mut *kind.limit(quota), START, quota, &calls);

        prop_assert!(most_within(period, &of(Kind::Log)) <= limit);
        prop_assert!(most_in_a_window(period, &of(Kind::Fixed)) <= limit);
        prop_assert!(most_within(period, &of(Kind::FirstHit)) <= 2 * limit);
        let counted = of(Kind::Counter);
        prop_assert!(most_in_a_window(period, &counted) <= limit);
        prop_assert!(most_within(period, &counted) <= (2 * limit).saturating_sub(1));
    }
}
