//! The lock-free bucket under every interleaving of two or three threads.
//!
//! Loom explores the cell's word and lock, and the settings around them; the clock of a model is an
//! atomic of loom's too, where it moves.

#![cfg(loom)]

use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use palisade_core::{Micros, Quota, per_second};
use palisade_ratelimit::model::Bucket;

const NOW: Micros = Micros(1_767_225_600_000_000);

/// One unit is a second.
const SECOND: Quota = per_second(1).burst(100);
/// A third of one: the word counts thirds of a microsecond.
const THIRD: Quota = per_second(3).burst(300);
/// Too many steps to a microsecond for a word: the locked cell.
const LOCKED: Quota = per_second(29_009).burst(2_900_900);

fn bucket(quota: Quota) -> Arc<Bucket> {
    Arc::new(Bucket::new(quota, NOW))
}

fn decide(bucket: &Bucket) -> bool {
    bucket.decide(|| NOW)
}

/// The debt, in microseconds.
fn debt(bucket: &Bucket) -> u64 {
    bucket.debt(NOW).0
}

fn spawn<T: 'static>(
    bucket: &Arc<Bucket>,
    run: impl FnOnce(&Bucket) -> T + 'static,
) -> thread::JoinHandle<T> {
    let bucket = Arc::clone(bucket);
    thread::spawn(move || run(&bucket))
}

#[test]
fn two_callers_share_one_unit() {
    loom::model(|| {
        let bucket = bucket(per_second(1));
        let other = spawn(&bucket, decide);
        let here = decide(&bucket);
        assert!(here != other.join().unwrap(), "one of two");
        assert_eq!(debt(&bucket), 1_000_000);
    });
}

#[test]
fn three_callers_share_two_units() {
    loom::model(|| {
        let bucket = bucket(per_second(3).burst(2));
        let others = [spawn(&bucket, decide), spawn(&bucket, decide)];
        let mut passed = usize::from(decide(&bucket));
        for other in others {
            passed += usize::from(other.join().unwrap());
        }
        assert_eq!((passed, debt(&bucket)), (2, 666_667));
    });
}

/// A change of the unit beside a decision: the decision counts wholly before it, or wholly after.
fn decide_beside_a_change(from: Quota, to: Quota, either: [u64; 2]) {
    loom::model(move || {
        let bucket = bucket(from);
        assert!(decide(&bucket));
        let other = spawn(&bucket, move |bucket| bucket.set_quota(to));
        assert!(decide(&bucket));
        other.join().unwrap();
        assert!(either.contains(&debt(&bucket)), "{} us", debt(&bucket));
    });
}

#[test]
fn a_decision_beside_a_finer_unit_is_one_of_either_quota() {
    decide_beside_a_change(SECOND, THIRD, [2_000_000, 1_333_334]);
}

#[test]
fn a_decision_beside_a_coarser_unit_is_one_of_either_quota() {
    decide_beside_a_change(THIRD, SECOND, [666_666, 1_333_333]);
}

#[test]
fn a_decision_beside_the_change_to_the_locked_cell_is_one_of_either_quota() {
    decide_beside_a_change(SECOND, LOCKED, [2_000_000, 1_000_035]);
}

#[test]
fn a_decision_beside_the_change_from_the_locked_cell_is_one_of_either_quota() {
    decide_beside_a_change(LOCKED, SECOND, [68, 1_000_034]);
}

#[test]
fn a_word_that_means_something_else_in_the_new_unit_is_not_taken_for_the_old_one() {
    // At the very start of time, a third of a microsecond and a half are the same word.
    const START: Micros = Micros::ZERO;
    let per_micro = |limit| Quota::new(limit, Duration::from_micros(1)).burst(300);
    loom::model(move || {
        let bucket = Arc::new(Bucket::new(per_micro(3), START));
        assert!(bucket.decide(|| START));
        let other = spawn(&bucket, move |bucket| bucket.set_quota(per_micro(2)));
        assert!(bucket.decide(|| START));
        other.join().unwrap();
        // Two thirds rounded to a half, or a third that was moved on to a whole and a half more.
        assert!([299, 297].contains(&bucket.remaining(START)), "{}", bucket.remaining(START));
    });
}

#[test]
fn a_decision_outlives_two_changes_that_end_where_they_began() {
    loom::model(|| {
        let bucket = bucket(SECOND);
        assert!(decide(&bucket));
        let other = spawn(&bucket, |bucket| {
            bucket.set_quota(THIRD);
            bucket.set_quota(SECOND);
        });
        assert!(decide(&bucket));
        other.join().unwrap();
        assert!([2_000_000, 1_333_333].contains(&debt(&bucket)), "{} us", debt(&bucket));
    });
}

#[test]
fn two_changes_at_once_leave_the_debt_as_it_was() {
    loom::model(|| {
        let bucket = bucket(SECOND);
        assert!(decide(&bucket));
        let other = spawn(&bucket, |bucket| bucket.set_quota(THIRD));
        bucket.set_quota(LOCKED);
        other.join().unwrap();
        assert_eq!(debt(&bucket), 1_000_000);
    });
}

#[test]
fn a_reset_beside_a_change_of_the_unit_leaves_nothing_of_the_debt() {
    loom::model(|| {
        let bucket = bucket(SECOND);
        assert!(decide(&bucket));
        let other = spawn(&bucket, |bucket| bucket.set_quota(THIRD));
        bucket.reset();
        other.join().unwrap();
        assert_eq!(debt(&bucket), 0);
    });
}

#[test]
fn a_caller_whose_clock_is_older_gives_nothing_back_of_what_the_other_took() {
    const UNIT: u64 = 10;
    loom::model(|| {
        let quota = Quota::new(1, Duration::from_micros(UNIT));
        let bucket = Arc::new(Bucket::new(quota, NOW));
        let clock = Arc::new(AtomicU64::new(NOW.0));
        let now = |clock: &AtomicU64| Micros(clock.load(Ordering::Acquire));

        let other = thread::spawn({
            let (bucket, clock) = (Arc::clone(&bucket), Arc::clone(&clock));
            move || bucket.decide(|| now(&clock))
        });
        clock.store(NOW.0 + UNIT, Ordering::Release);
        let here = bucket.decide(|| now(&clock));
        other.join().unwrap();

        let late = bucket.decide(|| now(&clock));
        assert!(!(here && late), "two units of one at the same moment");
    });
}
