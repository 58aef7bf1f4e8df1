//! The token bucket by hand: what a quota promises, and where its numbers end.

mod support;

use std::time::Duration;

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Retry};
use palisade_ratelimit::{Gcra, Quota, Tat, per_day, per_hour, per_minute, per_second};

use self::support::{Bucket, START};

#[test]
fn three_per_second_with_a_burst_of_three_admits_three_every_second() {
    let mut bucket = Bucket::new(per_second(3).burst(3));
    for second in 0..1_000 {
        assert_eq!(bucket.drain(START + second * 1_000_000), 3, "second {second}");
    }
}

#[test]
fn a_quota_gives_its_number_per_period_for_years() {
    let odd = [7, 11, 13, 1_000, 999, 29_001, 999_983];
    let quotas = odd.into_iter().flat_map(|n| [per_second(n), per_minute(n), per_hour(n)]);
    for quota in quotas.chain([per_day(1), per_day(7), per_day(86_401)]) {
        let (mut bucket, period) = (Bucket::new(quota), quota.period_micros());
        let limit = u64::from(quota.limit());
        assert_eq!(bucket.run(START, Op::Take, u64::MAX).granted, limit, "{quota}");
        for periods in 1..1_000 {
            // Whole limits, whenever the full period is over and never a unit more.
            let now = START + periods * period;
            assert_eq!(bucket.run(now, Op::Take, u64::MAX).granted, limit, "{quota}");
            assert!(!bucket.would(now, 1), "{quota}");
        }
    }
}

#[test]
fn a_burst_of_one_spaces_calls_evenly() {
    let mut bucket = Bucket::new(per_second(7).burst(1));
    let passed: Vec<u64> =
        (0..1_000_000).filter(|&at| bucket.decide(START + at, 1).allowed).collect();
    assert_eq!(passed, [0, 142_858, 285_716, 428_574, 571_432, 714_290, 857_148]);
}

#[test]
fn a_limit_of_zero_denies_all_and_says_that_waiting_is_in_vain() {
    let mut bucket = Bucket::new(per_second(0).burst(10));
    let refused = bucket.decide(START, 1);
    assert_eq!((refused.allowed, refused.remaining(), refused.retry), (false, 0, Retry::Never));
    assert_eq!(bucket.run(START, Op::Take, 5).granted, 0);
    assert!(bucket.decide(START, 0).allowed, "a peek always passes");
}

#[test]
fn more_than_a_full_bucket_is_refused_for_ever_and_costs_nothing() {
    let mut bucket = Bucket::new(per_second(10));
    assert_eq!(bucket.decide(START, 11).retry, Retry::Never);
    assert_eq!(bucket.decide(START, u64::MAX).retry, Retry::Never);
    assert_eq!(bucket.drain(START), 10);
}

#[test]
fn a_step_back_of_the_clock_blocks_a_bucket_for_one_capacity_at_most() {
    let mut bucket = Bucket::new(per_second(10));
    assert_eq!(bucket.drain(START), 10);

    let earlier = START - 3_600_000_000;
    let refused = bucket.decide(earlier, 1);
    assert_eq!(refused.retry, Retry::After(Micros(100_000)));
    assert_eq!(refused.reset(), Micros(1_000_000));
    // The refusal has written that: the hour is forgotten.
    assert_eq!(bucket.drain(earlier + 1_000_000), 10);
}

#[test]
fn a_step_forward_of_the_clock_refills_a_bucket_once() {
    let mut bucket = Bucket::new(per_second(10));
    assert_eq!(bucket.drain(START), 10);
    assert_eq!(bucket.drain(START + 3_600_000_000), 10);
    assert_eq!(bucket.drain(START + 3_600_000_000), 0);
}

#[test]
fn a_new_quota_keeps_the_debt_as_time() {
    // Six of ten units are half a second and a tenth.
    let mut bucket = Bucket::new(per_second(10));
    assert!(bucket.decide(START, 6).allowed);

    // Raised: the same time is sixty of a hundred.
    bucket.gcra = Gcra::new(per_second(100));
    let raised = bucket.decide(START, 0);
    assert_eq!((raised.remaining(), raised.reset()), (40, Micros(600_000)));

    // Lowered: all the bucket holds, since that is less, and the first refusal makes it so.
    bucket.gcra = Gcra::new(per_second(10).burst(2));
    let lowered = bucket.decide(START, 1);
    assert_eq!((lowered.retry, lowered.reset()), (Retry::After(Micros(100_000)), Micros(200_000)));
    assert!(bucket.would(START + 100_000, 1));
}

#[test]
fn a_refund_never_gives_more_than_a_full_bucket() {
    let mut bucket = Bucket::new(per_minute(7));
    assert!(bucket.decide(START, 3).allowed);
    assert_eq!(bucket.run(START, Op::Refund, 2).remaining(), 6);
    assert_eq!(bucket.run(START, Op::Refund, u64::MAX).remaining(), 7);
    assert_eq!(bucket.tat, Tat::default(), "a full bucket is forgotten");
}

#[test]
fn a_charge_goes_to_the_bottom_of_the_bucket_and_no_deeper() {
    let mut bucket = Bucket::new(per_second(10));
    let charged = bucket.run(START, Op::Charge, u64::MAX);
    assert_eq!(
        (charged.allowed, charged.remaining(), charged.reset()),
        (true, 0, Micros(1_000_000))
    );
}

#[test]
fn what_is_not_asked_for_is_not_written() {
    let mut bucket = Bucket::new(per_second(7));
    bucket.decide(START, 7);
    for op in [Op::Decide, Op::Charge, Op::Refund, Op::Take] {
        // Later, earlier, and so much earlier that a refusal would repair.
        for now in [START, START + 1, START - 60_000_000] {
            let (outcome, change) = bucket.gcra.plan(&bucket.tat, Micros(now), op, 0, 0);
            assert!(outcome.allowed && change == Change::Keep, "{op:?} of nothing");
        }
    }
}

/// What a quota becomes where its exact fraction does not fit into 2^53.
mod rounded {
    use super::*;

    /// How much slower than the quota the bucket is, in parts per million of the time for a unit.
    fn slower(quota: Quota) -> u128 {
        let mut bucket = Bucket::new(quota);
        bucket.run(START, Op::Take, u64::MAX);
        let units = bucket.gcra.capacity();
        let exact = u128::from(units) * u128::from(quota.period_micros());
        let takes = u128::from(bucket.decide(START, 0).reset().0) * u128::from(quota.limit());
        (takes - exact.min(takes)) * 1_000_000 / exact
    }

    #[test]
    fn an_odd_limit_over_a_long_period_keeps_its_burst() {
        for limit in [999_983, 1_000_003, 86_399_999, u32::MAX] {
            let quota = per_day(limit);
            assert_eq!(Gcra::new(quota).capacity(), u64::from(limit), "{quota}");
            assert!(slower(quota) <= 1, "{quota}: {} ppm", slower(quota));
        }
        let year = Quota::new(1_000_003, Duration::from_secs(365 * 86_400));
        assert_eq!((Gcra::new(year).capacity(), slower(year)), (1_000_003, 0));
    }

    #[test]
    fn billions_per_second_are_slowed_by_a_fraction_of_a_percent() {
        for limit in [999_999_937, 2_147_483_647] {
            assert!(slower(per_second(limit)) < 1_000, "{limit}: {}", slower(per_second(limit)));
        }
        assert!(slower(per_second(u32::MAX)) < 2_100);
        assert_eq!(slower(per_second(4_000_000_000)), 0, "what fits is exact");
    }

    #[test]
    fn a_bucket_holds_what_fits_into_142_years() {
        let yearly = Quota::new(1, Duration::from_secs(365 * 86_400));
        assert_eq!(Gcra::new(yearly.burst(142)).capacity(), 142);
        assert_eq!(Gcra::new(yearly.burst(143)).capacity(), 142);
        assert_eq!(Gcra::new(yearly.burst(u32::MAX)).capacity(), 142);
        // A unit takes four months.
        let odd = Quota::new(3, Duration::from_secs(365 * 86_400)).burst(u32::MAX);
        assert_eq!(Gcra::new(odd).capacity(), 428);
    }
}
