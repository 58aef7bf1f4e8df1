//! What is known of a key from the last that was heard of it.

use palisade_core::algorithm::Op;
use palisade_ratelimit::{Quota, per_minute};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::draw::{Call, any_kind, any_op, any_quota, few, forward, instances, portions};
use crate::kept::{Kind, Limit};
use crate::support::{START, seeded};

/// A limit after `calls`, and as it is restored from the outcome of the last of them; and when that was.
fn restored(
    kind: Kind,
    quota: Quota,
    calls: &[Call],
    last: Op,
) -> (Box<dyn Limit>, Box<dyn Limit>, u64) {
    let (mut limit, mut now) = (kind.limit(quota), START);
    let mut seen = kind.limit(quota);
    for (at, call) in calls.iter().enumerate() {
        now = call.after(now, quota);
        let op = if at + 1 == calls.len() { last } else { call.op };
        let outcome = limit.run(now, op, call.units);
        seen = limit.seen(&outcome, now);
    }
    (limit, seen, now)
}

/// Some later times: at the ends of periods as well as anywhere.
fn later(now: u64, quota: Quota, jumps: &[u64]) -> Vec<u64> {
    let period = quota.period_micros();
    let begun = now - now % period;
    let ends = [begun + period, begun + 2 * period, now + period, now + 2 * period];
    let around = ends.into_iter().flat_map(|end| [end - 1, end, end + 1]);
    let anywhere = jumps.iter().map(|jump| now + jump % (3 * period));
    around.chain(anywhere).filter(|time| *time >= now).collect()
}

#[test]
fn of_what_was_never_taken_nothing_is_remembered() {
    for kind in Kind::ALL {
        let mut limit = kind.limit(per_minute(10));
        let outcome = limit.decide(START, 0);
        assert!(limit.seen(&outcome, START).inert_at() <= START, "{kind:?}");
    }
}

#[test]
fn a_key_that_had_used_all_of_it_has_nothing_left_and_gets_it_back() {
    for kind in Kind::WINDOWS {
        let mut limit = kind.limit(per_minute(10));
        let outcome = limit.run(START + 17, Op::Take, u64::MAX);
        let mut seen = limit.seen(&outcome, START + 17);
        assert_eq!(seen.drain(START + 18), 0, "{kind:?}");
        assert_eq!(seen.inert_at(), limit.inert_at(), "{kind:?}");
        assert_eq!(seen.drain(limit.inert_at()), 10, "{kind:?}");
    }
}

proptest! {
    #![proptest_config(seeded(700))]

    #[test]
    fn what_is_restored_never_admits_more_than_the_original(
        kind in any_kind(),
        quota in few(),
        calls in forward(),
        last in any_op(),
        jumps in vec(any::<u64>(), 8),
        units in 1..12_u64,
    ) {
        let (limit, seen, now) = restored(kind, quota, &calls, last);
        for time in later(now, quota, &jumps) {
            let (a, b) = (seen.peek(time), limit.peek(time));
            prop_assert!(a.remaining() <= b.remaining(), "{:?}, {:?} after {}", a, b, time - now);
            prop_assert!(!seen.would(time, units) || limit.would(time, units));
            prop_assert!(seen.copy().drain(time) <= limit.copy().drain(time));
        }
    }

    #[test]
    fn a_bucket_that_is_restored_is_the_same_to_a_microsecond(
        shapes in any::<bool>(),
        quota in any_quota(),
        calls in forward(),
        last in any_op(),
        jumps in vec(any::<u64>(), 8),
        units in 1..12_u64,
    ) {
        let kind = if shapes { Kind::Shaper } else { Kind::Bucket };
        let (limit, seen, now) = restored(kind, quota, &calls, last);
        prop_assert!((limit.inert_at()..=limit.inert_at() + 1).contains(&seen.inert_at())
            || (limit.inert_at() <= now && seen.inert_at() <= now));
        for time in later(now, quota, &jumps) {
            prop_assert!(!limit.would(time, units) || seen.would(time + 1, units));
            prop_assert!(limit.peek(time).remaining() <= seen.peek(time + 1).remaining());
        }
    }

    #[test]
    fn instances_that_restore_it_admit_together_no_more_than_the_original(
        kind in any_kind(),
        quota in few(),
        calls in forward(),
        last in any_op(),
        jumps in vec(any::<u64>(), 4),
        of in instances(),
    ) {
        let (limit, seen, now) = restored(kind, quota, &calls, last);
        for time in later(now, quota, &jumps) {
            let together: u64 = portions(of).map(|part| seen.portion(part).drain(time)).sum();
            let left = limit.copy().drain(time);
            // Each bucket holds one at least, once it is full.
            let is_full = seen.inert_at() <= time && !quota.denies_all();
            let one_each = if is_full && !Kind::WINDOWS.contains(&kind) { of.get().into() } else { 0 };
            prop_assert!(together <= left.max(one_each), "{} of {}", together, left);
        }
    }
}
