//! `.enabled(..)` and `.enforce(..)`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use palisade_core::Ratio;
use palisade_core::switch::{Share, Switch};
use proptest::prelude::*;

mod support;

use support::seeded;

fn enforced(share: &Share, ratio: Ratio, refusals: usize) -> usize {
    (0..refusals).filter(|_| share.enforces(ratio)).count()
}

fn floor(refusals: usize, ratio: Ratio) -> usize {
    usize::try_from(refusals as u64 * u64::from(ratio.ppm()) / 1_000_000).unwrap_or(usize::MAX)
}

proptest! {
    #![proptest_config(seeded(256))]

    #[test]
    fn of_n_refusals_exactly_the_share_is_enforced(ppm in 0..=1_000_000_u32, n in 0..5_000_usize) {
        let (share, ratio) = (Share::default(), Ratio::per_million(ppm));
        prop_assert_eq!(enforced(&share, ratio, n), floor(n, ratio));
    }

    #[test]
    fn any_run_of_refusals_has_its_share_to_within_one(
        ppm in 0..=1_000_000_u32,
        before in 0..2_000_usize,
        n in 0..2_000_usize,
    ) {
        let (share, ratio) = (Share::default(), Ratio::per_million(ppm));
        enforced(&share, ratio, before);
        let run = enforced(&share, ratio, n);
        prop_assert!(run.abs_diff(floor(n, ratio)) <= 1, "{run} of {n} at {ratio}");
    }

    #[test]
    fn a_switch_survives_packing(enabled: bool, ppm in 0..=1_000_000_u32) {
        let switch = Switch { enabled, enforce: Ratio::per_million(ppm) };
        prop_assert_eq!(Switch::unpack(switch.pack()), switch);
    }

    #[test]
    fn any_bits_unpack(bits: u32) {
        let switch = Switch::unpack(bits);
        prop_assert!(switch.enforce <= Ratio::ONE);
        prop_assert_eq!(Switch::unpack(switch.pack()), switch);
    }
}

#[test]
fn a_layer_is_on_and_enforces_everything_unless_told_otherwise() {
    let switch = Switch::default();
    assert!(switch.enabled);
    assert_eq!(enforced(&Share::default(), switch.enforce, 100), 100);
}

#[test]
fn a_dry_run_enforces_nothing() {
    assert_eq!(enforced(&Share::default(), Ratio::ZERO, 100), 0);
}

#[test]
fn the_share_is_spread_evenly() {
    let share = Share::default();
    let pattern: Vec<bool> = (0..8).map(|_| share.enforces(Ratio::percent(25))).collect();
    assert_eq!(pattern, [false, false, false, true, false, false, false, true]);
}

#[test]
fn the_share_holds_over_all_threads_together() {
    let (share, total) = (Share::default(), AtomicUsize::new(0));
    let ratio = Ratio::per_million(123_457);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| total.fetch_add(enforced(&share, ratio, 2_501), Ordering::Relaxed));
        }
    });
    assert_eq!(total.into_inner(), floor(4 * 2_501, ratio));
}
