//! The log's list of grants.

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Retry};
use palisade_ratelimit::{Quota, SlidingLog, per_minute, per_second};

use crate::kept::{Kept, Limit};
use crate::support::START;

const SECOND: u64 = 1_000_000;

fn log(quota: Quota) -> Kept<SlidingLog> {
    Kept::new(SlidingLog::new, quota)
}

#[test]
fn grants_of_one_microsecond_add_up_whatever_the_clock_did_between_them() {
    let mut log = log(per_second(4));
    assert!(log.decide(START, 1).allowed);
    assert!(log.decide(START + 10, 1).allowed);
    // Back to the same microsecond, where one grant stands already.
    assert!(log.decide(START, 1).allowed);
    assert_eq!(log.peek(START + 10).remaining(), 1);
    // Both of the first microsecond cease together, then the other; nothing counts for ever.
    assert_eq!(log.peek(START + SECOND).remaining(), 3);
    assert_eq!(log.peek(START + SECOND + 10).remaining(), 4);
    assert_eq!(log.drain(START + SECOND + 10), 4);
}

#[test]
fn grants_of_one_microsecond_take_the_room_of_one() {
    let [mut once, mut twice] = [log(per_second(9)), log(per_second(9))];
    for log in [&mut once, &mut twice] {
        assert!(log.decide(START + 10, 1).allowed);
    }
    assert!(once.decide(START, 5).allowed);
    assert!(twice.decide(START, 3).allowed && twice.decide(START, 2).allowed);
    assert_eq!(once.state, twice.state);
}

#[test]
fn a_refused_call_waits_for_as_many_of_the_oldest_as_it_needs() {
    let mut log = log(per_second(6));
    for (at, units) in [(0, 1), (10, 3), (20, 2)] {
        assert!(log.decide(START + at, units).allowed);
    }
    let waits = [1, 2, 4, 5, 6, 7].map(|units| log.decide(START + 30, units).retry.wait());
    let until = |at| Some(Micros(SECOND + at - 30));
    assert_eq!(waits, [until(0), until(10), until(10), until(20), until(20), None]);
}

#[test]
fn a_refund_takes_the_newest_grants_back() {
    let mut log = log(per_second(6));
    for (at, units) in [(0, 2), (10, 2), (20, 2)] {
        assert!(log.decide(START + at, units).allowed);
    }
    let refunded = log.run(START + 30, Op::Refund, 3);
    assert_eq!((refunded.remaining(), refunded.reset().0), (3, SECOND - 20));
    assert_eq!(log.peek(START + SECOND).remaining(), 5);
    assert_eq!(log.peek(START + SECOND + 10).remaining(), 6);

    log.run(START + 30, Op::Refund, u64::MAX);
    assert_eq!(log.state, Default::default(), "an empty log is no log");
}

#[test]
fn a_repair_that_drops_all_leaves_no_list() {
    let mut log = log(per_second(6));
    log.drain(START + 60 * SECOND);
    assert!(!log.decide(START, 7).allowed);
    assert_eq!(log.state, Default::default());
}

#[test]
fn a_limit_is_ten_thousand_at_most() {
    let mut log = log(per_minute(1_000_000).burst(7));
    assert_eq!(log.algorithm.quota(), per_minute(SlidingLog::MOST).burst(7));
    assert_eq!(log.decide(START, 10_001).retry, Retry::Never);
    // One by one, each at its own time.
    for at in 0..10_000 {
        assert!(log.decide(START + at, 1).allowed);
    }
    assert!(!log.decide(START + 10_000, 1).allowed);
    assert_eq!(log.run(START + 60 * SECOND + 4_999, Op::Take, u64::MAX).granted, 5_000);
}

#[test]
fn a_log_that_is_always_full_counts_right_for_ever() {
    // Its running sums pass 2^32.
    let (mut log, half) = (log(per_second(10_000)), SECOND / 2);
    for at in (0..900_000).map(|halves| START + halves * half) {
        assert_eq!(log.run(at, Op::Take, 5_000).granted, 5_000);
    }
    let (last, missing) = (START + 899_999 * half, log.decide(START + 899_999 * half + 1, 10_000));
    assert_eq!(missing.reset(), Micros(SECOND - 1));
    assert_eq!(log.peek(last + half).remaining(), 5_000);
}
