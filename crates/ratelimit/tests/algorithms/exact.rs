//! Waits are exact, and no number is too large.

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Retry};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::draw::{any_kind, any_op, any_quota, calls, few};
use crate::support::{START, seeded};

/// What an expiry may round up: two spans of 2^14 µs.
const COARSE: u64 = 2 << 14;

proptest! {
    #![proptest_config(seeded(1_000))]

    #[test]
    fn a_refused_call_passes_when_it_is_told_to_come_back_and_not_a_microsecond_earlier(
        kind in any_kind(), quota in prop_oneof![few(), any_quota()], calls in calls(),
    ) {
        let (mut limit, mut now) = (kind.limit(quota), START);
        for call in calls {
            now = call.after(now, quota);
            match limit.run(now, call.op, call.units).retry {
                Retry::Now => {}
                Retry::Never => {
                    let later = [0, 1, 10, 1_000].map(|times| now + times * quota.period_micros());
                    prop_assert!(!later.into_iter().any(|later| limit.would(later, call.units)));
                }
                Retry::After(wait) => {
                    prop_assert!(limit.would(now + wait.0, call.units));
                    prop_assert!(!limit.would(now + wait.0 - 1, call.units));
                }
            }
        }
    }

    #[test]
    fn a_limit_is_as_new_after_its_reset_and_not_a_microsecond_earlier(
        kind in any_kind(), quota in prop_oneof![few(), any_quota()], calls in calls(),
    ) {
        let (mut limit, mut now) = (kind.limit(quota), START);
        for call in calls {
            now = call.after(now, quota);
            let reset = limit.run(now, call.op, call.units).reset();
            if call.units == 0 {
                continue; // A peek does not repair what a step back of the clock left behind.
            }
            let then = now + reset.0;
            prop_assert_eq!(limit.peek(then), kind.limit(quota).peek(then));
            if reset > Micros::ZERO {
                prop_assert_eq!(limit.peek(then - 1).reset(), Micros(1));
                // It may be forgotten later, but not earlier.
                prop_assert!((then..=then + COARSE).contains(&limit.inert_at()));
            }
        }
    }

    #[test]
    fn no_number_panics(
        kind in any_kind(),
        quotas in vec(any_quota(), 1..5),
        calls in vec((any_time(), any_op(), any_units(), 0..20_usize), 1..40),
    ) {
        let mut limit = kind.limit(quotas[0]);
        for (now, op, units, quota) in calls {
            if let Some(&quota) = quotas.get(quota) {
                limit.change(quota);
            }
            let outcome = limit.run(now, op, units);
            prop_assert!(op == Op::Charge || op == Op::Refund || outcome.granted <= units);
            prop_assert!(outcome.reset() >= outcome.delay);
            limit.inert_at();
        }
    }
}

fn any_time() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0..100_u64,
        (0..100_u64).prop_map(|before| u64::MAX - before),
        (0..10_000_000_000_u64).prop_map(|after| START + after),
    ]
}

fn any_units() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, any::<u64>(), any::<u32>().prop_map(u64::from), Just(u64::MAX)]
}
