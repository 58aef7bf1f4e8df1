//! What several instances admit together, each of which keeps its part of the limit.

use std::num::NonZeroU32;

use palisade_core::algorithm::{Algorithm, Portion};
use palisade_ratelimit::{FixedWindow, Gcra, Quota, SlidingLog, SlidingWindow, per_minute};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::draw::{Call, any_quota, few, forward, instances, portions};
use crate::kept::{Kind, Limit};
use crate::promise::{Grants, most_in_a_window, most_within};
use crate::support::{START, seeded};

/// Calls, each at one of so many instances.
fn spread() -> impl Strategy<Value = (NonZeroU32, Vec<(Call, usize)>)> {
    (instances(), forward(), vec(any::<usize>(), 60)).prop_map(|(of, calls, at)| {
        let at = at.into_iter().map(|at| at % of.get() as usize);
        (of, calls.into_iter().zip(at).collect())
    })
}

/// What passes of `calls`, and when it goes on.
fn granted(kind: Kind, quota: Quota, of: NonZeroU32, calls: &[(Call, usize)]) -> Grants {
    let whole = kind.limit(quota);
    let mut parts: Vec<_> = portions(of).map(|portion| whole.portion(portion)).collect();
    let mut now = START;
    let grant = |(call, at): &(Call, usize)| {
        now = call.after(now, quota);
        let outcome = parts[*at].run(now, call.op, call.units);
        (now + outcome.delay.0, outcome.granted)
    };
    let mut grants: Grants = calls.iter().map(grant).collect();
    grants.sort_unstable();
    grants
}

/// Whether in every span no more goes on than `burst`, and what the rate adds to it.
fn keeps_the_rate(grants: &Grants, quota: Quota, burst: u64, slack: u64) -> bool {
    let (limit, period) = (u128::from(quota.limit()), u128::from(quota.period_micros()));
    grants.iter().enumerate().all(|(first, &(start, _))| {
        let mut units = 0;
        grants[first..].iter().all(|&(end, granted)| {
            units += u128::from(granted);
            units * period <= u128::from(burst) * period + u128::from(end - start + slack) * limit
        })
    })
}

#[test]
fn who_is_alone_keeps_all_of_it() {
    for kind in Kind::ALL {
        let (mut whole, mut alone) = (kind.limit(per_minute(7)), kind.limit(per_minute(7)));
        alone = alone.portion(Portion::WHOLE);
        for step in 0..30 {
            let (now, units) = (START + step * 9_000_000, step % 4);
            assert_eq!(whole.decide(now, units), alone.decide(now, units), "{kind:?}");
        }
    }
}

#[test]
fn a_bucket_that_is_shared_admits_one_at_least_but_of_nothing_nothing() {
    let of = NonZeroU32::new(100).unwrap();
    for kind in [Kind::Bucket, Kind::Shaper] {
        let part = |quota, rank| kind.limit(quota).portion(Portion::new(rank, of));
        for rank in [0, 99] {
            let mut part = part(per_minute(5), rank);
            assert_eq!(part.drain(START), 1, "{kind:?}");
            // It has a hundredth of the rate, and goes on one by one.
            let next = START + 12_000_000 * 100;
            assert_eq!((part.drain(next - 1), part.drain(next)), (0, 1), "{kind:?}");
        }
        assert!(!part(per_minute(0), 0).decide(START, 1).allowed, "{kind:?}");
    }
}

proptest! {
    #![proptest_config(seeded(500))]

    #[test]
    fn the_parts_of_a_window_are_the_whole(quota in any_quota(), of in instances()) {
        let sum = |part: &dyn Fn(Portion) -> Quota| -> u64 {
            portions(of).map(|portion| u64::from(part(portion).limit())).sum()
        };
        let fixed = FixedWindow::new(quota);
        prop_assert_eq!(
            sum(&|portion| fixed.portion(portion).unwrap().quota()),
            u64::from(quota.limit())
        );
        let counter = SlidingWindow::new(quota);
        prop_assert_eq!(
            sum(&|portion| counter.portion(portion).unwrap().quota()),
            u64::from(counter.quota().limit())
        );
        let log = SlidingLog::new(quota);
        prop_assert_eq!(
            sum(&|portion| log.portion(portion).unwrap().quota()),
            u64::from(log.quota().limit())
        );
        for portion in portions(of) {
            prop_assert_eq!(fixed.portion(portion).unwrap().quota().period(), quota.period());
        }
    }

    #[test]
    fn the_parts_of_a_bucket_hold_no_more_than_the_whole_but_one_each(
        quota in any_quota(), of in instances(),
    ) {
        let whole = Gcra::new(quota);
        let parts: Vec<_> = portions(of).map(|portion| whole.portion(portion).unwrap()).collect();
        let sum: u64 = parts.iter().map(Gcra::capacity).sum();
        let one_each = if quota.denies_all() { 0 } else { of.get().into() };
        prop_assert!(sum <= whole.capacity().max(one_each));
        prop_assert!(sum >= one_each, "each admits one");
        prop_assert!(sum + u64::from(of.get()) > whole.capacity(), "nothing is lost but fractions");
    }

    #[test]
    fn instances_admit_together_what_one_window_would(quota in few(), (of, calls) in spread()) {
        let (period, limit) = (quota.period_micros(), u64::from(quota.limit()));
        let of_kind = |kind| granted(kind, quota, of, &calls);
        prop_assert!(most_within(period, &of_kind(Kind::Log)) <= limit);
        prop_assert!(most_in_a_window(period, &of_kind(Kind::Fixed)) <= limit);
        prop_assert!(most_within(period, &of_kind(Kind::FirstHit)) <= 2 * limit);
        let counted = of_kind(Kind::Counter);
        prop_assert!(most_in_a_window(period, &counted) <= limit);
        prop_assert!(most_within(period, &counted) <= (2 * limit).saturating_sub(1));
    }

    #[test]
    fn instances_admit_together_a_burst_and_the_rate(
        quota in few(), burst in 1..60_u32, (of, calls) in spread(),
    ) {
        let quota = quota.burst(burst);
        let instances = u64::from(of.get());
        let bucket = granted(Kind::Bucket, quota, of, &calls);
        prop_assert!(keeps_the_rate(&bucket, quota, instances.max(burst.into()), 0));
        // Of a call of several units only the last goes when it does; and a wait is rounded up to a
        // microsecond, at the beginning of a span and at its end.
        let single: Vec<_> =
            calls.iter().map(|&(call, at)| (Call { units: call.units.min(1), ..call }, at)).collect();
        let shaped = granted(Kind::Shaper, quota, of, &single);
        prop_assert!(keeps_the_rate(&shaped, quota, instances.max(3), 2));
    }
}
