//! Clocks that step.

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Retry};
use palisade_ratelimit::{Quota, per_second};
use proptest::prelude::*;
use proptest::sample::select;

use crate::kept::Kind;
use crate::support::{START, seeded};

const SECOND: u64 = 1_000_000;

/// For how long a step back may block one that is full, and as good as new after `reset`.
fn longest(kind: Kind, reset: Micros) -> u64 {
    match kind {
        Kind::Bucket | Kind::Shaper => reset.0,
        Kind::Fixed | Kind::FirstHit | Kind::Log => 2 * SECOND,
        Kind::Counter => 3 * SECOND,
    }
}

proptest! {
    #![proptest_config(seeded(2_000))]

    #[test]
    fn a_step_back_blocks_no_longer_than_documented(
        kind in select(Kind::ALL.to_vec()),
        quota in (1..20_u32).prop_map(per_second),
        part in 0..SECOND,
        back in prop_oneof![0..4 * SECOND, 0..1_000_000 * SECOND],
        units in 1..20_u64,
    ) {
        let (mut limit, now) = (kind.limit(quota), START + part);
        let full = limit.run(now, Op::Charge, u64::MAX);
        let then = now - back;
        if let Retry::After(wait) = limit.decide(then, units).retry {
            prop_assert!(wait.0 <= longest(kind, full.reset()), "{}", wait);
            prop_assert!(limit.would(then + wait.0, units));
        }
    }

    #[test]
    fn a_step_forward_gives_the_limit_back_once(
        kind in select(Kind::ALL.to_vec()),
        quota in (1..20_u32).prop_map(per_second),
        part in 0..SECOND,
        forward in prop_oneof![0..4 * SECOND, 0..1_000_000 * SECOND],
    ) {
        let (mut limit, now) = (kind.limit(quota), START + part);
        let full = limit.drain(now);
        prop_assert!(limit.drain(now + forward) <= full);
        prop_assert_eq!(limit.drain(now + forward), 0);
    }

    #[test]
    fn what_a_step_back_leaves_more_than_a_period_ahead_is_dropped(
        kind in select(Kind::WINDOWS.to_vec()),
        limit in 1..20_u32,
        part in 0..SECOND,
        back in 2 * SECOND..1_000_000 * SECOND,
    ) {
        let (mut kept, now) = (kind.limit(per_second(limit)), START + part);
        prop_assert_eq!(kept.drain(now), u64::from(limit));
        prop_assert_eq!(kept.drain(now - back), u64::from(limit));
        prop_assert_eq!(kept.drain(now - back), 0, "from then on it counts as always");
    }
}

#[test]
fn a_step_back_of_less_than_a_window_stays_in_it() {
    for kind in Kind::WINDOWS {
        let mut limit = kind.limit(per_second(5));
        assert!(limit.decide(START + 500_000, 3).allowed);
        assert_eq!(limit.peek(START + 400_000).remaining(), 2, "{kind:?}");
        assert_eq!(limit.peek(START - 1).remaining(), 2, "{kind:?}: the window before");
    }
}

#[test]
fn a_refusal_writes_down_that_it_dropped_what_lies_too_far_ahead() {
    for kind in Kind::WINDOWS {
        let mut limit = kind.limit(per_second(5));
        let ahead = START + 60 * SECOND;
        assert_eq!(limit.drain(ahead), 5);
        // A peek writes nothing: the clock may be right the next time.
        assert_eq!(limit.decide(START, 0).remaining(), 5);
        assert_eq!(limit.peek(ahead).remaining(), 0, "{kind:?}");

        assert_eq!(limit.decide(START, 6).retry, Retry::Never);
        assert_eq!(limit.peek(ahead).remaining(), 5, "{kind:?}");
        assert_eq!(limit.inert_at(), 0, "{kind:?}: nothing is left to remember");
    }
}

#[test]
fn a_shaper_that_the_clock_left_full_keeps_no_more_than_a_full_queue() {
    // Three at once and six that wait, each for 100 ms.
    let mut shaper = Kind::Shaper.limit(per_second(10));
    shaper.run(START, Op::Charge, u64::MAX);
    let hour_ago = START - 3_600 * SECOND;
    let refused = shaper.decide(hour_ago, 1);
    assert_eq!(refused.retry.wait().unwrap().0, 100_000);
    assert_eq!(refused.reset().0, 900_000);
    // The refusal has written that: the hour is forgotten.
    let later = shaper.decide(hour_ago + 100_000, 1);
    assert_eq!((later.allowed, later.delay.0), (true, 600_000));
}

#[test]
fn the_counter_waits_from_the_window_it_is_in_and_not_from_the_clock_that_is_behind_it() {
    let quota = Quota::new(4, std::time::Duration::from_secs(1));
    let mut counter = Kind::Counter.limit(quota);
    assert_eq!(counter.drain(START + 100_000), 4);
    // 300 ms before the window; half of the four must have gone at the end of the wait.
    let refused = counter.decide(START - 300_000, 2);
    assert_eq!(refused.retry.wait().unwrap().0, 300_000 + 1_500_000);
    assert_eq!(refused.reset().0, 300_000 + 2_000_000);
}
