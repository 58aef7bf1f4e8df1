//! Giving back to a store what it has lost.

use palisade_core::algorithm::Op;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::draw::{any_kind, few, forward};
use crate::kept::Limit;
use crate::support::{START, seeded};

/// How it stands, now and later.
fn stands(limit: &dyn Limit, now: u64, jumps: &[u64]) -> Vec<palisade_core::algorithm::Outcome> {
    [0].iter().chain(jumps).map(|jump| limit.peek(now + jump)).collect()
}

proptest! {
    #![proptest_config(seeded(700))]

    #[test]
    fn a_raise_takes_what_is_missing_once(
        kind in any_kind(),
        quota in few(),
        calls in forward(),
        jumps in vec(0..30_000_000_u64, 4),
        units in 0..80_u64,
        others in 0..80_u64,
    ) {
        let (mut limit, mut now) = (kind.limit(quota), START);
        for call in &calls {
            now = call.after(now, quota);
            limit.run(now, call.op, call.units);
        }
        let full = kind.limit(quota).peek(now).remaining();
        let before = stands(&*limit, now, &jumps);
        prop_assert!(limit.run(now, Op::Raise, units).allowed);
        let raised = stands(&*limit, now, &jumps);

        let fewest = full.saturating_sub(units);
        prop_assert!(raised[0].remaining() <= fewest, "so many are taken in all");
        // No more than that, and nothing if as many were.
        prop_assert!(raised[0].remaining() >= fewest.min(before[0].remaining()));
        for (before, raised) in before.iter().zip(&raised) {
            prop_assert!(raised.remaining() <= before.remaining(), "it never lowers");
            prop_assert!(raised.reset() >= before.reset(), "it never lowers");
        }

        let mut again = limit.copy();
        again.run(now, Op::Raise, units);
        prop_assert_eq!(stands(&*again, now, &jumps), raised.clone(), "twice is once");

        // In whichever order instances send theirs, the largest is what counts.
        let (mut both, mut largest) = (limit.copy(), limit.copy());
        both.run(now, Op::Raise, others);
        both.run(now, Op::Raise, units);
        largest.run(now, Op::Raise, units.max(others));
        prop_assert_eq!(stands(&*both, now, &jumps), stands(&*largest, now, &jumps));
    }
}
