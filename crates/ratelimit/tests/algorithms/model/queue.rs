//! A queue in unreduced fractions: all times are multiples of `1/limit` µs.

use std::time::Duration;

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome, Retry};
use palisade_ratelimit::{Quota, Shaper};
use proptest::prelude::*;

use super::first;
use crate::draw::{calls, few};
use crate::kept::{Kept, Limit};
use crate::support::{START, seeded};

struct Queue {
    /// The time of one unit.
    unit: i128,
    /// How many steps a microsecond has.
    limit: i128,
    /// What goes at once.
    tau: i128,
    /// And what waits.
    cap: i128,
    tat: i128,
}

impl Queue {
    fn new(quota: Quota, burst: u32, wait: u64, queued: u32) -> Self {
        if quota.denies_all() {
            return Self { unit: 1, limit: 1, tau: 0, cap: 0, tat: 0 };
        }
        let (unit, limit) = (i128::from(quota.period_micros()), i128::from(quota.limit()));
        let tau = i128::from(burst) * unit;
        let waiting = (i128::from(wait) * limit).min(i128::from(queued) * unit);
        Self { unit, limit, tau, cap: tau + waiting, tat: 0 }
    }

    fn run(&mut self, now: u64, op: Op, units: u64) -> Outcome {
        let (now, cost) = (i128::from(now) * self.limit, i128::from(units) * self.unit);
        let raw = self.tat - now;
        let level = raw.clamp(0, self.cap);
        let (mut granted, mut retry, mut delay) = (units, Retry::Now, Micros::ZERO);
        let after = match op {
            Op::Decide if level + cost <= self.cap => {
                if units > 0 {
                    delay = self.micros(level + cost - self.tau);
                }
                level + cost
            }
            Op::Decide if units == 0 => level,
            Op::Decide => {
                granted = 0;
                retry = match cost > self.cap {
                    true => Retry::Never,
                    false => Retry::After(first(1 << 60, |wait| {
                        (level - wait * self.limit).max(0) + cost <= self.cap
                    })),
                };
                level
            }
            Op::Charge => (level + cost).min(self.cap),
            Op::Refund => (level - cost).max(0),
            Op::Raise => level.max(cost.min(self.cap)),
            Op::Take => {
                granted = units.min(((self.tau - level).max(0) / self.unit) as u64);
                level + i128::from(granted) * self.unit
            }
        };
        if units > 0 && (retry == Retry::Now || raw > self.cap) {
            self.tat = if after == 0 { 0 } else { now + after };
        }
        let mut outcome = match retry {
            Retry::Now => Outcome::passed(granted),
            refused => Outcome::refused(refused),
        };
        outcome.delay = delay;
        let remaining = ((self.tau - after).max(0) / self.unit) as u64;
        outcome.with_remaining(remaining).with_reset(self.micros(after))
    }

    /// Rounded up, and none if negative.
    fn micros(&self, steps: i128) -> Micros {
        Micros(u64::try_from((steps.max(0) + self.limit - 1) / self.limit).unwrap())
    }
}

proptest! {
    #![proptest_config(seeded(600))]

    #[test]
    fn a_shaper_decides_as_its_model(
        quota in few(),
        burst in 1..6_u32,
        wait in 0..3_000_u64,
        queued in prop_oneof![Just(u32::MAX), 0..20_u32],
        calls in calls(),
    ) {
        // In thousandths of a period.
        let wait = quota.period_micros() * wait / 1_000;
        let mut model = Queue::new(quota, burst, wait, queued);
        let mut shaper = Kept::new(Shaper::new, quota);
        shaper.algorithm = shaper.algorithm.max_wait(Duration::from_micros(wait)).burst(burst);
        if queued < u32::MAX {
            shaper.algorithm = shaper.algorithm.max_queued(queued);
        }
        let mut now = START;
        for (at, call) in calls.into_iter().enumerate() {
            now = call.after(now, quota);
            prop_assert_eq!(
                shaper.run(now, call.op, call.units),
                model.run(now, call.op, call.units),
                "call {} at {}: {:?} of {:?}", at, now, call, shaper.algorithm
            );
        }
    }
}
