//! The queue: how it maps to nginx's, how evenly it lets calls go, and how they leave it.

use std::time::Duration;

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Retry};
use palisade_ratelimit::{Queue, Quota, Shaper, per_day, per_second};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::kept::{Kept, Limit};
use crate::support::{START, seeded};

fn kept(shaper: Shaper) -> Kept<Shaper> {
    let mut kept = Kept::new(Shaper::new, shaper.quota());
    kept.algorithm = shaper;
    kept
}

/// The delays of calls that come at once, in hundreds of milliseconds, until one is refused.
fn delays(shaper: Shaper) -> Vec<u64> {
    let mut kept = kept(shaper);
    let go = || {
        let outcome = kept.decide(START, 1);
        outcome.allowed.then_some(outcome.delay.0 / 100_000)
    };
    std::iter::from_fn(go).collect()
}

/// A call leaves.
fn leave(kept: &mut Kept<Shaper>, now: u64, units: u64, until: u64) {
    let change = kept.algorithm.leave(&kept.state, Micros(now), units, Micros(until));
    assert!(!matches!(change, Change::Repair(_)), "it may be in vain, but repairs nothing");
    match change {
        Change::Commit(change) => kept.algorithm.commit(&mut kept.state, change),
        Change::Forget => kept.forget(),
        Change::Keep | Change::Repair(_) => {}
    }
}

mod nginx {
    use super::*;

    #[test]
    fn a_burst_of_five_delays_five_evenly() {
        let shaper = Shaper::new(per_second(10)).max_wait(Duration::from_millis(500));
        assert_eq!(delays(shaper), [0, 1, 2, 3, 4, 5]);
        assert_eq!(delays(Shaper::new(per_second(10)).max_queued(5)), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn without_a_delay_six_go_at_once() {
        let shaper = Shaper::new(per_second(10)).burst(6).max_wait(Duration::ZERO);
        assert_eq!(delays(shaper), [0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn with_a_delay_from_two_on_three_go_at_once_and_three_wait() {
        let shaper = Shaper::new(per_second(10)).burst(3).max_wait(Duration::from_millis(300));
        assert_eq!(delays(shaper), [0, 0, 0, 1, 2, 3]);
    }
}

#[test]
fn unless_set_calls_wait_for_a_period_at_most_and_the_burst_is_one() {
    assert_eq!(delays(Shaper::new(per_second(10))), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(Shaper::new(per_second(10).burst(5)).quota(), per_second(10).burst(1));
}

#[test]
fn of_two_bounds_the_tighter_holds_in_whatever_order_they_are_set() {
    let (quota, wait) = (per_second(10), Duration::from_millis(250));
    for shaper in [
        Shaper::new(quota).max_wait(wait).max_queued(5).burst(2),
        Shaper::new(quota).burst(2).max_queued(5).max_wait(wait),
    ] {
        assert_eq!(delays(shaper), [0, 0, 1, 2], "half an interval is no place");
        assert_eq!(delays(shaper.max_queued(1)), [0, 0, 1]);
    }
}

#[test]
fn what_can_never_wait_so_long_is_refused_for_ever() {
    let mut kept = kept(Shaper::new(per_second(10)).max_queued(4));
    assert_eq!(kept.decide(START, 6).retry, Retry::Never);
    // The last of five goes when its turn comes.
    assert_eq!(kept.decide(START, 5).delay, Micros(400_000));
    assert_eq!(kept.decide(START, 5).retry, Retry::After(Micros(500_000)));
}

#[test]
fn what_is_taken_never_waits() {
    let mut kept = kept(Shaper::new(per_second(10)).burst(3));
    assert!(kept.decide(START, 1).allowed);
    assert_eq!(kept.peek(START).remaining(), 2);
    let taken = kept.run(START, Op::Take, 5);
    assert_eq!((taken.granted, taken.delay), (2, Micros::ZERO));
    // The queue has room, but only for those who wait.
    assert_eq!(kept.run(START, Op::Take, 5).granted, 0);
    assert_eq!(kept.decide(START, 1).delay, Micros(100_000));
}

#[test]
fn a_wait_too_long_for_the_numbers_is_shortened() {
    for quota in [per_second(999_983), per_day(1), per_day(999_983), per_second(u32::MAX)] {
        let mut kept = kept(Shaper::new(quota).max_wait(Duration::MAX));
        let outcome = kept.run(START, Op::Charge, u64::MAX);
        assert!(outcome.reset().0 < 1 << 53, "{quota}");
        assert!(outcome.reset().0 > 3_600_000_000, "{quota}: hours are left of it");
        assert!(matches!(kept.decide(START, 1).retry, Retry::After(_)), "{quota}");
    }
}

#[test]
fn the_last_in_the_queue_gives_its_place_back() {
    let mut kept = kept(Shaper::new(per_second(10)));
    kept.decide(START, 2);
    let waits = kept.decide(START, 3);
    leave(&mut kept, START, 3, START + waits.reset().0);
    assert_eq!(kept.decide(START, 3).delay, waits.delay);
}

#[test]
fn a_place_with_others_behind_it_stays_empty() {
    let mut kept = kept(Shaper::new(per_second(10)));
    kept.decide(START, 1);
    let leaves = kept.decide(START, 3);
    let behind = kept.decide(START, 1);
    leave(&mut kept, START, 3, START + leaves.reset().0);
    assert_eq!(behind.delay, Micros(400_000));
    assert_eq!(kept.decide(START, 1).delay, Micros(500_000), "and not together with it");
}

#[test]
fn those_who_leave_in_the_order_in_which_they_came_give_all_their_places_back() {
    for quota in [per_second(10), per_second(3), Quota::new(7, Duration::from_millis(90))] {
        let mut kept = kept(Shaper::new(quota).max_queued(9));
        kept.decide(START, 1);
        let first = kept.decide(START, 1);
        let rest: Vec<_> = (0..5).map(|n| (1 + n % 2, kept.decide(START, 1 + n % 2))).collect();
        for (units, outcome) in [(1, first)].into_iter().chain(rest) {
            leave(&mut kept, START, units, START + outcome.reset().0);
        }
        // The borders of places are whole microseconds.
        let next = kept.decide(START, 1).delay;
        assert!(first.delay <= next && next <= first.delay + Micros(8), "{quota}: {next:?}");
    }
}

#[test]
fn a_place_that_was_taken_again_is_not_given_back_twice() {
    let mut kept = kept(Shaper::new(per_second(10)).max_queued(9));
    kept.decide(START, 1);
    let calls: Vec<_> = (0..3).map(|_| kept.decide(START, 1)).collect();
    let until = |nth: usize| START + calls[nth].reset().0;
    leave(&mut kept, START, 1, until(0));
    leave(&mut kept, START, 1, until(1));
    leave(&mut kept, START, 1, until(2));
    let again: Vec<_> = (0..4).map(|_| kept.decide(START, 1).delay.0).collect();
    assert_eq!(again, [100_000, 200_000, 300_000, 400_000]);
    leave(&mut kept, START, 1, START + 500_000);
    assert_eq!(kept.decide(START, 1).delay, Micros(400_000));
}

#[test]
fn who_leaves_does_not_get_back_what_has_flowed_off() {
    let mut kept = kept(Shaper::new(per_second(10)));
    let until = START + kept.decide(START, 5).reset().0;
    // Two of the five are gone.
    leave(&mut kept, START + 200_000, 5, until);
    assert_eq!(kept.state, Queue::default());
    assert_eq!(kept.peek(START + 200_000).remaining(), 1);
}

#[test]
fn who_has_gone_does_not_leave() {
    let mut kept = kept(Shaper::new(per_second(10)));
    kept.decide(START, 1);
    let goes = kept.decide(START, 1);
    let until = START + goes.reset().0;
    let state = kept.state;
    leave(&mut kept, START + goes.delay.0, 1, until);
    assert_eq!(kept.state, state);
    leave(&mut kept, START + goes.delay.0 - 1, 1, until);
    assert_ne!(kept.state, state);
}

/// A call that waits, or has gone.
#[derive(Clone, Copy, Debug)]
struct Waiter {
    units: u64,
    goes: u64,
    until: u64,
}

proptest! {
    #![proptest_config(seeded(1_000))]

    #[test]
    fn calls_go_no_closer_than_the_interval_whoever_leaves(
        limit in 1..50_u32,
        period in 1..5_000_u64,
        // How much later, of how many units, and which of those that wait leave then.
        steps in vec((0..400_u64, 1..5_u64, vec(0..8_usize, 0..4)), 1..60),
    ) {
        let quota = Quota::new(limit, Duration::from_micros(period));
        let mut kept = kept(Shaper::new(quota).max_wait(Duration::from_micros(3 * period)));
        let (mut now, mut calls) = (START, Vec::<Waiter>::new());
        for (later, units, leaves) in steps {
            now += later * period / 1_000;
            for nth in leaves {
                let mut waiting = (0..calls.len()).rev().filter(|&at| calls[at].goes > now);
                if let Some(at) = waiting.nth(nth) {
                    let left = calls.remove(at);
                    leave(&mut kept, now, left.units, left.until);
                }
            }
            let outcome = kept.decide(now, units);
            if outcome.allowed {
                prop_assert!(outcome.delay.0 <= 3 * period, "it waits longer than it may");
                let (goes, until) = (now + outcome.delay.0, now + outcome.reset().0);
                calls.push(Waiter { units, goes, until });
            }
        }
        calls.sort_by_key(|call| call.goes);
        for pair in calls.windows(2) {
            // Times are rounded up to microseconds, so a gap is less than one too short.
            let gap = (pair[1].goes - pair[0].goes + 1) * u64::from(limit);
            prop_assert!(gap > pair[1].units * period, "{:?} of {:?}", pair, quota);
        }
    }

    #[test]
    fn departures_are_exact_where_the_interval_is_whole(
        interval in 1..1_000_u64, gaps in vec(0..2_000_u64, 1..100),
    ) {
        let quota = Quota::new(1, Duration::from_micros(interval));
        let mut kept = kept(Shaper::new(quota).max_queued(9));
        let (mut now, mut last) = (START, 0);
        for gap in gaps {
            now += gap;
            let outcome = kept.decide(now, 1);
            if outcome.allowed {
                prop_assert_eq!(now + outcome.delay.0, now.max(last + interval));
                last = now + outcome.delay.0;
            }
        }
    }
}
