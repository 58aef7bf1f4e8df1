//! When the limit of `Aimd` moves, and by how much.

mod support;

use std::time::Duration;

use palisade_bulkhead::adaptive::{Adapt, Aimd};
use palisade_core::Ratio;

use support::{dropped, served};

/// A call that began at `at` and took a millisecond, with the whole limit in use.
fn serve(aimd: &mut Aimd, at: u64) {
    let limit = aimd.limit();
    aimd.adapt(&served(at, 1_000, limit));
}

#[test]
fn it_grows_by_one_in_a_round_trip() {
    let mut aimd = Aimd::new(1, 100).start(10);
    for at in 1..10 {
        serve(&mut aimd, at);
        assert_eq!(aimd.limit(), 10);
    }
    serve(&mut aimd, 10);
    assert_eq!(aimd.limit(), 11);
}

#[test]
fn a_dropped_call_takes_a_tenth() {
    let mut aimd = Aimd::new(1, 100).start(50);
    aimd.adapt(&dropped(1, 1_000, 50));
    assert_eq!(aimd.limit(), 45);
}

#[test]
fn a_call_that_is_too_slow_counts_as_dropped() {
    let mut aimd = Aimd::new(1, 100).start(50).threshold(Duration::from_millis(10));
    aimd.adapt(&served(1, 10_000, 50));
    assert_eq!(aimd.limit(), 50, "as slow as may be");
    aimd.adapt(&served(1, 10_001, 50));
    assert_eq!(aimd.limit(), 45);
}

#[test]
fn calls_that_fail_together_make_it_fall_once() {
    let mut aimd = Aimd::new(1, 100).start(50);
    for n in 0..50 {
        aimd.adapt(&dropped(1 + n, 1_000, 50));
    }
    assert_eq!(aimd.limit(), 45);
    aimd.adapt(&dropped(2_000, 1_000, 45));
    assert_eq!(aimd.limit(), 40, "this one began under the new limit");
}

#[test]
fn calls_of_before_a_fall_do_not_make_it_grow() {
    let mut aimd = Aimd::new(1, 100).start(10);
    aimd.adapt(&dropped(1_000, 1_000, 10));
    for _ in 0..100 {
        aimd.adapt(&served(1_500, 1_000, 10));
    }
    assert_eq!(aimd.limit(), 9);
}

#[test]
fn calls_without_load_count_for_nothing() {
    let mut aimd = Aimd::new(1, 100).start(50).threshold(Duration::from_millis(10));
    for n in 0..1_000 {
        aimd.adapt(&served(n * 10_000, 1_000, 24));
        aimd.adapt(&served(n * 10_000, 20_000, 24));
        aimd.adapt(&dropped(n * 10_000, 1_000, 24));
    }
    assert_eq!(aimd.limit(), 50);
    aimd.adapt(&dropped(20_000_000, 1_000, 25));
    assert_eq!(aimd.limit(), 45, "half of it is in use");
}

#[test]
fn it_stays_between_its_bounds() {
    let mut aimd = Aimd::new(3, 6).start(6);
    for at in 1..100 {
        serve(&mut aimd, at);
    }
    assert_eq!(aimd.limit(), 6);
    for n in 1..100 {
        aimd.adapt(&dropped(n * 10_000, 1_000, 6));
    }
    assert_eq!(aimd.limit(), 3);
}

#[test]
fn bounds_that_are_none_are_mended() {
    assert_eq!(Aimd::new(0, 0).limit(), 1);
    assert_eq!(Aimd::new(30, 10).limit(), 30);
    assert_eq!(Aimd::new(5, 10).limit(), 10, "20, at most 10");
    assert_eq!(Aimd::new(5, 10).start(0).limit(), 5);
}

#[test]
fn a_backoff_to_all_still_takes_one() {
    let mut aimd = Aimd::new(1, 100).start(50).backoff(Ratio::ONE);
    aimd.adapt(&dropped(1, 1_000, 50));
    assert_eq!(aimd.limit(), 49);
    let mut aimd = Aimd::new(2, 100).start(50).backoff(Ratio::ZERO);
    aimd.adapt(&dropped(1, 1_000, 50));
    assert_eq!(aimd.limit(), 2);
}

#[test]
fn it_grows_by_what_it_is_told_to() {
    let mut aimd = Aimd::new(1, 100).start(1).increase(u32::MAX);
    serve(&mut aimd, 1);
    assert_eq!(aimd.limit(), 100);
    let mut still = Aimd::new(1, 100).start(1).increase(0);
    for at in 1..100 {
        serve(&mut still, at);
    }
    assert_eq!(still.limit(), 1);
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_it() {
    let mut aimd = Aimd::new(1, 100).start(50);
    aimd.adapt(&dropped(1_000_000_000, 1_000, 50));
    // One call tells of the new time, those after it count.
    aimd.adapt(&dropped(5_000, 1_000, 50));
    aimd.adapt(&dropped(10_000, 1_000, 50));
    assert_eq!(aimd.limit(), 40);
}
