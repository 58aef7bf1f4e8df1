//! The token bucket's arithmetic, against a model in unreduced fractions that is too simple to be
//! wrong.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::time::Duration;

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome, Retry, State};
use palisade_ratelimit::Quota;
use proptest::prelude::*;

use self::support::{Bucket, START, seeded};

/// The same bucket as the text has it (SEMANTICS S1): all times are multiples of `1/limit` µs.
struct Model {
    /// The time of one unit.
    unit: i128,
    /// How many steps a microsecond has.
    limit: i128,
    cap: i128,
    tat: i128,
}

impl Model {
    fn new(quota: Quota) -> Self {
        let (unit, limit) = (i128::from(quota.period_micros()), i128::from(quota.limit()));
        if quota.denies_all() {
            return Self { unit: 1, limit: 1, cap: 0, tat: 0 };
        }
        Self { unit, limit, cap: i128::from(quota.burst_size()) * unit, tat: 0 }
    }

    fn run(&mut self, now: u64, op: Op, units: u64) -> Outcome {
        let (now, cost) = (i128::from(now) * self.limit, i128::from(units) * self.unit);
        let (raw, mut granted, mut retry) = (self.tat - now, units, Retry::Now);
        let level = raw.clamp(0, self.cap);
        let after = match op {
            Op::Decide if level + cost <= self.cap || units == 0 => level + cost,
            Op::Decide => {
                granted = 0;
                retry = match cost > self.cap {
                    true => Retry::Never,
                    false => Retry::After(self.micros(level + cost - self.cap)),
                };
                level
            }
            Op::Charge => (level + cost).min(self.cap),
            Op::Refund => (level - cost).max(0),
            Op::Raise => level.max(cost.min(self.cap)),
            Op::Take => {
                granted = units.min(((self.cap - level) / self.unit) as u64);
                level + i128::from(granted) * self.unit
            }
        };
        // A peek writes nothing, and a refusal only what the clock's step back left behind.
        if units > 0 && (retry == Retry::Now || raw > self.cap) {
            self.tat = if after == 0 { 0 } else { now + after };
        }
        let outcome = match retry {
            Retry::Now => Outcome::passed(granted),
            refused => Outcome::refused(refused),
        };
        let remaining = ((self.cap - after) / self.unit) as u64;
        outcome.with_remaining(remaining).with_reset(self.micros(after))
    }

    fn micros(&self, steps: i128) -> Micros {
        Micros(u64::try_from((steps + self.limit - 1) / self.limit).unwrap())
    }
}

/// Quotas whose numbers need no rounding.
fn exact_quota() -> impl Strategy<Value = Quota> {
    let limit = prop_oneof![Just(0), Just(7), Just(999_983), 1..100_u32, 1..2_000_000_u32];
    let micros = prop_oneof![
        Just(1_000_000_u64),
        Just(60_000_000),
        Just(3_600_000_000),
        1..1_000_u64,
        1..100_000_000_u64,
    ];
    let burst = prop_oneof![Just(None), (1..50_u32).prop_map(Some)];
    (limit, micros, burst)
        .prop_map(|(limit, micros, burst)| {
            let quota = Quota::new(limit, Duration::from_micros(micros));
            burst.map_or(quota, |burst| quota.burst(burst))
        })
        .prop_filter("rounded", |quota| {
            u128::from(quota.burst_size())
                * u128::from(quota.period_micros().max(quota.limit().into()))
                < 1 << 53
        })
}

fn any_quota() -> impl Strategy<Value = Quota> {
    let number = || prop_oneof![0..10_u32, any::<u32>(), Just(u32::MAX), Just(999_999_937)];
    let period = prop_oneof![any::<u64>(), Just(1), Just(1_000_000), Just(u64::MAX)];
    (number(), period, number()).prop_map(|(limit, period, burst)| {
        Quota::new(limit, Duration::from_micros(period)).burst(burst)
    })
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Decide),
        1 => Just(Op::Charge),
        1 => Just(Op::Refund),
        1 => Just(Op::Take),
        1 => Just(Op::Raise),
    ]
}

/// Mostly a little later, sometimes much later, sometimes earlier.
fn any_jump() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => Just(0),
        4 => 0..2_000_i64,
        4 => 0..2_000_000_i64,
        1 => 0..100_000_000_000_i64,
        1 => -2_000_000..0_i64,
        1 => -100_000_000_000..0_i64,
    ]
}

fn any_units() -> impl Strategy<Value = u64> {
    prop_oneof![6 => Just(1), 1 => Just(0), 3 => 0..20_u64, 1 => any::<u64>().prop_map(|n| n >> 20)]
}

proptest! {
    #![proptest_config(seeded(1_000))]

    #[test]
    fn every_outcome_is_that_of_the_exact_model(
        quota in exact_quota(),
        calls in proptest::collection::vec((any_jump(), any_op(), any_units()), 1..60),
    ) {
        let (mut bucket, mut model, mut now) = (Bucket::new(quota), Model::new(quota), START);
        for (at, (jump, op, units)) in calls.into_iter().enumerate() {
            now = now.saturating_add_signed(jump);
            prop_assert_eq!(
                bucket.run(now, op, units),
                model.run(now, op, units),
                "call {}: {:?} of {} at {}, {:?}", at, op, units, now, quota
            );
        }
    }

    #[test]
    fn a_refused_call_passes_when_it_is_told_to_come_back_and_not_a_microsecond_earlier(
        quota in any_quota(),
        calls in proptest::collection::vec((any_jump(), any_units()), 1..60),
    ) {
        let (mut bucket, mut now) = (Bucket::new(quota), START);
        for (jump, units) in calls {
            now = now.saturating_add_signed(jump);
            match bucket.decide(now, units).retry {
                Retry::Now => {}
                Retry::Never => prop_assert!(units > bucket.gcra.capacity()),
                Retry::After(wait) => {
                    prop_assert!(bucket.would(now + wait.0, units));
                    prop_assert!(!bucket.would(now + wait.0 - 1, units));
                }
            }
        }
    }

    #[test]
    fn a_bucket_is_as_new_after_its_reset_and_not_a_microsecond_earlier(
        quota in any_quota(),
        calls in proptest::collection::vec((any_jump(), any_op(), any_units()), 1..60),
    ) {
        let (mut bucket, mut now) = (Bucket::new(quota), START);
        for (jump, op, units) in calls {
            now = now.saturating_add_signed(jump);
            let reset = bucket.run(now, op, units).reset().0;
            if units == 0 {
                continue; // A peek does not repair what a step back of the clock left behind.
            }
            prop_assert!(bucket.tat.inert_at().0 <= now + reset);
            prop_assert_eq!(bucket.run(now + reset, Op::Decide, 0).reset(), Micros::ZERO);
            if reset > 0 {
                prop_assert_eq!(bucket.run(now + reset - 1, Op::Decide, 0).reset(), Micros(1));
            }
        }
    }

    #[test]
    fn no_quota_panics_or_is_faster_than_it_says(quota in any_quota(), op in any_op(), units: u64) {
        let mut bucket = Bucket::new(quota);
        bucket.run(START, op, units);
        bucket.run(0, op, units);
        bucket.run(u64::MAX, op, units);

        prop_assert!(bucket.gcra.capacity() <= u64::from(quota.burst_size()));
        prop_assert_eq!(bucket.gcra.capacity() == 0, quota.denies_all());
        let mut bucket = Bucket::new(quota);
        let burst = bucket.run(START, Op::Take, u64::MAX).granted;
        prop_assert_eq!(burst, bucket.gcra.capacity());
        // All that comes back in a day, if it fits: never more than the quota gives in a day.
        let refilled = bucket.run(START + 86_400_000_000, Op::Take, u64::MAX).granted;
        let due = u128::from(quota.limit()) * 86_400_000_000 / u128::from(quota.period_micros());
        prop_assert!(u128::from(refilled) <= due);
    }
}
