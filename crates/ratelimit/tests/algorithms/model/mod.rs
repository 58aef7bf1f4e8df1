//! Each algorithm against a model that is too simple to be wrong: it is written from the text, in
//! numbers that never overflow, and looks for a wait by trying.

mod counter;
mod fixed;
mod log;
mod queue;

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome, Retry};
use palisade_ratelimit::{FixedWindow, Quota, SlidingLog, SlidingWindow};
use proptest::prelude::*;

use crate::draw::{Call, any_quota, calls, few};
use crate::kept::{Kept, Limit, first_hit};
use crate::support::{START, seeded};

/// A window.
trait Model: Clone {
    fn limit(&self) -> i128;

    fn period(&self) -> i128;

    fn change(&mut self, quota: Quota);

    /// Drops what does not count at `now`; whether some of it lies too far ahead.
    fn go_to(&mut self, now: i128) -> bool;

    /// How many units pass; what follows is asked at the time that was gone to.
    fn free(&self) -> i128;

    /// The units to which a charge adds.
    fn counted(&self) -> i128;

    fn add(&mut self, now: i128, units: i128);

    fn remove(&mut self, units: i128);

    /// Whether it is as one that never saw a call.
    fn is_new(&self) -> bool;

    fn run(&mut self, now: u64, op: Op, units: u64) -> Outcome {
        let (now, units) = (i128::from(now), i128::from(units));
        let mut after = self.clone();
        let beyond = after.go_to(now);
        let free = after.free();
        let (mut granted, mut retry, mut writes) = (units, Retry::Now, units > 0);
        match op {
            _ if units == 0 => {}
            Op::Decide if units <= free => after.add(now, units),
            Op::Decide if units > self.limit() => {
                (retry, granted, writes) = (Retry::Never, 0, beyond);
            }
            Op::Decide => {
                let wait = after.first(now, |later| later.free() >= units);
                (retry, granted, writes) = (Retry::After(wait), 0, beyond);
            }
            Op::Charge => after.add(now, units.min((self.limit() - after.counted()).max(0))),
            Op::Refund => after.remove(units),
            Op::Raise => {
                let used = self.limit() - free;
                let missing = units.min(self.limit()) - used;
                after.add(now, missing.min(self.limit() - after.counted()).max(0));
            }
            Op::Take => {
                granted = units.min(free);
                after.add(now, granted);
            }
        }
        let outcome = match retry {
            Retry::Now => Outcome::passed(granted as u64),
            refused => Outcome::refused(refused),
        };
        let reset = after.first(now, Self::is_new);
        let outcome = outcome.with_remaining(after.free() as u64).with_reset(reset);
        if writes {
            *self = after;
        }
        outcome
    }

    /// After how long `holds`, which then holds for ever, if nobody calls.
    fn first(&self, now: i128, holds: impl Fn(&Self) -> bool) -> Micros {
        first(5 * self.period(), |wait| {
            let mut later = self.clone();
            later.go_to(now + wait);
            holds(&later)
        })
    }
}

/// The least number up to `most` from which on `holds`.
fn first(most: i128, holds: impl Fn(i128) -> bool) -> Micros {
    let (mut least, mut most) = (0, most);
    assert!(holds(most), "it never does");
    while least < most {
        let between = (least + most) / 2;
        if holds(between) {
            most = between;
        } else {
            least = between + 1;
        }
    }
    Micros(u64::try_from(least).unwrap())
}

/// Runs `calls`, and after some of them goes on with `other` numbers.
fn agree(
    mut limit: impl Limit,
    mut model: impl Model,
    quotas: [Quota; 2],
    calls: &[Call],
    change_at: usize,
) -> Result<(), TestCaseError> {
    let (mut now, mut quota) = (START, quotas[0]);
    for (at, call) in calls.iter().enumerate() {
        if at == change_at {
            quota = quotas[1];
            limit.change(quota);
            model.change(quota);
        }
        now = call.after(now, quota);
        prop_assert_eq!(
            limit.run(now, call.op, call.units),
            model.run(now, call.op, call.units),
            "call {} at {}: {:?} under {:?}",
            at,
            now,
            call,
            quota
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(seeded(600))]

    #[test]
    fn a_fixed_window_decides_as_its_model(
        quotas in [few(), few()], calls in calls(), change_at in 0..120_usize,
    ) {
        let limit = Kept::new(FixedWindow::new, quotas[0]);
        agree(limit, fixed::Fixed::from_epoch(quotas[0]), quotas, &calls, change_at)?;
    }

    #[test]
    fn a_window_from_the_first_hit_decides_as_its_model(
        quotas in [few(), few()], calls in calls(), change_at in 0..120_usize,
    ) {
        let limit = Kept::new(first_hit, quotas[0]);
        agree(limit, fixed::Fixed::from_first_hit(quotas[0]), quotas, &calls, change_at)?;
    }

    #[test]
    fn a_sliding_log_decides_as_its_model(
        quotas in [few(), few()], calls in calls(), change_at in 0..120_usize,
    ) {
        let limit = Kept::new(SlidingLog::new, quotas[0]);
        agree(limit, log::Log::new(quotas[0]), quotas, &calls, change_at)?;
    }

    #[test]
    fn a_sliding_window_decides_as_its_model(
        quotas in [few(), few()], calls in calls(), change_at in 0..120_usize,
    ) {
        let limit = Kept::new(SlidingWindow::new, quotas[0]);
        agree(limit, counter::Counter::new(quotas[0]), quotas, &calls, change_at)?;
    }

    #[test]
    fn a_sliding_window_decides_as_its_model_in_large_numbers(
        quotas in [any_quota(), any_quota()],
        calls in calls(),
        change_at in 0..120_usize,
        scale in 0..32_u32,
    ) {
        let limit = Kept::new(SlidingWindow::new, quotas[0]);
        let larger: Vec<Call> = calls.iter().map(|call| call.times(1 << scale)).collect();
        agree(limit, counter::Counter::new(quotas[0]), quotas, &larger, change_at)?;
    }
}
