//! What is remembered of a key, and where the numbers of a limit end.

use std::time::Duration;

use palisade_core::algorithm::{Algorithm, Change, Op, Retry};
use palisade_core::{Micros, Quota};
use palisade_ratelimit::{
    Anchor, Buckets, FixedWindow, Log, Shaper, SlidingLog, SlidingWindow, Tat, Window, per_day,
    per_hour, per_minute, per_second,
};

use crate::kept::{Kept, Kind, Limit};
use crate::support::START;

#[test]
fn states_are_small_and_align_to_four_bytes() {
    let sizes = [size_of::<Tat>(), size_of::<Window>(), size_of::<Buckets>(), size_of::<Log>()];
    assert_eq!(sizes, [12, 16, 20, size_of::<usize>()]);
    let aligns = [align_of::<Tat>(), align_of::<Window>(), align_of::<Buckets>()];
    assert_eq!(aligns, [4, 4, 4]);
}

#[test]
fn what_is_not_asked_for_is_not_written() {
    fn check<A: Algorithm + Copy>(make: fn(Quota) -> A) {
        let mut kept = Kept::new(make, per_second(7));
        kept.run(START, Op::Charge, 7);
        for op in [Op::Decide, Op::Charge, Op::Refund, Op::Take] {
            // Later, earlier, and so much earlier that a refusal would repair.
            for now in [START, START + 1, START - 60_000_000, START + 60_000_000] {
                let (outcome, change) = kept.algorithm.plan(&kept.state, Micros(now), op, 0, 0);
                assert!(outcome.allowed && outcome.granted == 0, "{op:?} of nothing");
                assert!(matches!(change, Change::Keep), "{op:?} of nothing");
            }
        }
    }
    check(FixedWindow::new);
    check(crate::kept::first_hit);
    check(SlidingWindow::new);
    check(SlidingLog::new);
    check(Shaper::new);
}

#[test]
fn what_leaves_a_key_as_good_as_new_is_to_be_forgotten() {
    fn check<A: Algorithm + Copy>(make: fn(Quota) -> A) {
        let mut kept = Kept::new(make, per_second(7));
        kept.run(START, Op::Charge, 5);
        let refund =
            |units| kept.algorithm.plan(&kept.state, Micros(START), Op::Refund, units, 0).1;
        assert!(matches!(refund(4), Change::Commit(_)));
        assert!(matches!(refund(5), Change::Forget));
        let fresh = A::State::default();
        let nothing = |op| kept.algorithm.plan(&fresh, Micros(START), op, 1, 0).1;
        assert!(matches!(nothing(Op::Refund), Change::Forget));
    }
    check(FixedWindow::new);
    check(SlidingWindow::new);
    check(SlidingLog::new);
    check(crate::kept::shaper);
}

#[test]
fn a_key_never_seen_begins_its_window_even_in_the_first_of_all() {
    let mut limit = Kind::FirstHit.limit(per_second(1));
    assert!(limit.decide(5, 1).allowed);
    assert_eq!(limit.decide(7, 1).retry, Retry::After(Micros(999_998)));
}

#[test]
fn a_refused_call_changes_nothing() {
    for kind in Kind::ALL {
        let mut limit = kind.limit(per_second(10));
        limit.run(START, Op::Charge, u64::MAX);
        let (before, inert) = (limit.peek(START + 10), limit.inert_at());
        assert!(!limit.decide(START + 10, 1).allowed);
        assert!(!limit.decide(START + 10, 100).allowed);
        assert_eq!((limit.peek(START + 10), limit.inert_at()), (before, inert), "{kind:?}");
    }
}

#[test]
fn a_limit_of_zero_denies_all_and_says_that_waiting_is_in_vain() {
    for kind in Kind::ALL {
        let mut limit = kind.limit(per_second(0).burst(10));
        let refused = limit.decide(START, 1);
        assert_eq!((refused.allowed, refused.retry), (false, Retry::Never), "{kind:?}");
        assert_eq!((limit.drain(START), limit.peek(START).remaining()), (0, 0), "{kind:?}");
        limit.run(START, Op::Charge, 5);
        assert_eq!(limit.inert_at(), 0, "{kind:?}: there is nothing to remember");
        assert!(limit.decide(START, 0).allowed, "a peek always passes");
    }
}

#[test]
fn more_than_the_limit_is_refused_for_ever_and_costs_nothing() {
    for kind in Kind::WINDOWS {
        // Whatever the burst.
        let mut limit = kind.limit(per_second(10).burst(3));
        assert_eq!(limit.decide(START, 11).retry, Retry::Never, "{kind:?}");
        assert_eq!(limit.decide(START, u64::MAX).retry, Retry::Never, "{kind:?}");
        assert!(limit.decide(START, 10).allowed, "{kind:?}");
    }
}

#[test]
fn a_charge_counts_up_to_the_limit_and_a_refund_down_to_nothing() {
    for kind in Kind::WINDOWS {
        let mut limit = kind.limit(per_second(10));
        assert_eq!(limit.run(START, Op::Charge, 8).remaining(), 2, "{kind:?}");
        let charged = limit.run(START, Op::Charge, u64::MAX);
        assert_eq!((charged.allowed, charged.remaining()), (true, 0), "{kind:?}");
        assert_eq!(limit.run(START, Op::Refund, 4).remaining(), 4, "{kind:?}");
        let refunded = limit.run(START, Op::Refund, u64::MAX);
        assert_eq!((refunded.remaining(), refunded.reset()), (10, Micros::ZERO), "{kind:?}");
        assert_eq!(limit.inert_at(), 0, "{kind:?}: it is forgotten");
    }
}

#[test]
fn a_refund_of_a_sliding_window_takes_from_the_current_count_first() {
    let mut limit = Kind::Counter.limit(per_second(10));
    assert!(limit.decide(START, 6).allowed);
    let half = START + 1_500_000;
    assert!(limit.decide(half, 4).allowed);
    // Three of the six weigh, and four.
    assert_eq!(limit.peek(half).remaining(), 3);
    assert_eq!(limit.run(half, Op::Refund, 4).remaining(), 7);
    assert_eq!(limit.run(half, Op::Refund, 2).remaining(), 8);
    assert_eq!(limit.run(half, Op::Refund, 9).remaining(), 10);
}

#[test]
fn the_least_part_of_a_unit_counts() {
    // A third of the one unit still counts, so two of the three fit and not a third.
    let mut limit = Kind::Counter.limit(per_second(3));
    assert!(limit.decide(START, 1).allowed);
    let later = START + 1_666_667;
    assert_eq!(limit.peek(later).remaining(), 2);
    assert!(!limit.would(later, 3));
    assert!(limit.would(START + 2_000_000, 3));
}

#[test]
fn a_sliding_window_lowers_a_limit_that_does_not_fit() {
    let limit = |quota| SlidingWindow::new(quota).quota().limit();
    assert_eq!(limit(per_day(1_000_000)), 104_249);
    assert_eq!(limit(per_hour(3_000_000)), 2_501_999);
    assert_eq!(limit(per_minute(u32::MAX)), 150_119_987);
    assert_eq!(limit(per_second(u32::MAX)), u32::MAX);
    assert_eq!(limit(Quota::new(u32::MAX, Duration::from_secs(365 * 86_400))), 285);
    assert_eq!(SlidingWindow::new(per_day(u32::MAX).burst(7)).quota(), per_day(104_249).burst(7));
}

#[test]
fn windows_from_the_epoch_begin_as_days_do() {
    let mut limit = Kind::Fixed.limit(per_day(3));
    let (noon, midnight) = (START + 43_200_000_000, START + 86_400_000_000);
    assert_eq!(limit.drain(noon), 3);
    assert_eq!(limit.decide(noon, 1).retry, Retry::After(Micros(midnight - noon)));
    assert_eq!(limit.drain(midnight), 3);
}

#[test]
fn accessors_tell_what_was_set() {
    let quota = per_minute(7);
    assert_eq!(FixedWindow::new(quota).quota(), quota);
    assert_eq!(SlidingLog::new(quota).quota(), quota);
    assert_eq!(Shaper::new(quota).burst(2).quota(), quota.burst(2));
    assert_ne!(FixedWindow::new(quota).anchor(Anchor::FirstHit), FixedWindow::new(quota));
    assert_eq!(FixedWindow::new(quota).anchor(Anchor::Epoch), FixedWindow::new(quota));
}

#[test]
fn a_refund_gives_both_windows_back_though_no_count_holds_as_much() {
    let quota = Quota::new(3_000_000_000, Duration::from_micros(2));
    let mut kept = Kept::new(SlidingWindow::new, quota);
    for at in [START, START + 2] {
        kept.run(at, Op::Charge, u64::from(quota.limit()));
    }
    kept.run(START + 2, Op::Refund, 6_000_000_000);
    assert_eq!(kept.state, Buckets::default());
}
