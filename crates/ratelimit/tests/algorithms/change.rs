//! Quotas that change while keys are in use.

use palisade_core::algorithm::Op;
use palisade_ratelimit::{Quota, per_day, per_minute, per_second};
use proptest::prelude::*;

use crate::draw::{any_kind, calls, few, forward};
use crate::kept::Kind;
use crate::promise::{granted, most_in_a_window, most_within};
use crate::support::{START, seeded};

/// The most that a limit may admit within a period.
fn most(kind: Kind, quota: Quota) -> u64 {
    let limit = u64::from(quota.limit());
    match kind {
        Kind::Bucket => limit + limit,
        // Three at once, six that wait, and as many as come to their turn.
        Kind::Shaper => {
            if limit > 0 {
                9 + limit
            } else {
                0
            }
        }
        Kind::Fixed | Kind::FirstHit => 2 * limit,
        Kind::Counter => (2 * limit).saturating_sub(1),
        Kind::Log => limit,
    }
}

proptest! {
    #![proptest_config(seeded(500))]

    #[test]
    fn from_a_change_on_the_new_quota_holds(
        kind in any_kind(), quotas in [few(), few()], before in calls(), after in forward(),
    ) {
        let (mut limit, mut now) = (kind.limit(quotas[0]), START);
        for call in before {
            now = call.after(now, quotas[0]);
            limit.run(now, call.op, call.units);
        }
        limit.change(quotas[1]);
        let grants = granted(&mut *limit, now, quotas[1], &after);
        let period = quotas[1].period_micros();
        prop_assert!(most_within(period, &grants) <= most(kind, quotas[1]));
        if kind == Kind::Fixed || kind == Kind::Counter {
            prop_assert!(most_in_a_window(period, &grants) <= quotas[1].limit().into());
        }
    }
}

#[test]
fn what_was_counted_stays_counted() {
    for kind in Kind::WINDOWS {
        let mut limit = kind.limit(per_second(10));
        assert!(limit.decide(START, 6).allowed);
        limit.change(per_second(100));
        assert_eq!(limit.peek(START).remaining(), 94, "{kind:?}: raised");
        limit.change(per_second(4));
        assert!(!limit.decide(START, 1).allowed, "{kind:?}: lowered");
        assert_eq!(limit.peek(START).remaining(), 0, "{kind:?}");
        limit.change(per_second(10));
        assert_eq!(limit.peek(START).remaining(), 4, "{kind:?}: as before");
    }
}

#[test]
fn a_charge_under_a_lowered_limit_takes_nothing_back() {
    for kind in Kind::WINDOWS {
        let mut limit = kind.limit(per_second(10));
        assert!(limit.decide(START, 6).allowed);
        limit.change(per_second(4));
        limit.run(START, Op::Charge, 1);
        limit.change(per_second(10));
        assert_eq!(limit.peek(START).remaining(), 4, "{kind:?}");
    }
}

#[test]
fn a_longer_period_counts_what_was_granted_within_it() {
    for kind in [Kind::FirstHit, Kind::Log] {
        let mut limit = kind.limit(per_second(10));
        assert!(limit.decide(START, 6).allowed);
        limit.change(per_minute(10));
        assert_eq!(limit.peek(START + 59_999_999).remaining(), 4, "{kind:?}");
        assert_eq!(limit.peek(START + 60_000_000).remaining(), 10, "{kind:?}");
    }
}

#[test]
fn a_count_far_above_the_limit_never_looks_like_none() {
    let mut limit = Kind::Counter.limit(per_second(u32::MAX));
    limit.run(START, Op::Charge, 1 << 31);
    limit.change(per_day(1));
    // 2^31 units of which 2^33 microseconds of a day still count.
    let until_evening = 2 * 86_400_000_000 - (1 << 33);
    assert!(!limit.decide(START + until_evening, 1).allowed);
    assert!(limit.decide(START + 2 * 86_400_000_000, 1).allowed);
}
