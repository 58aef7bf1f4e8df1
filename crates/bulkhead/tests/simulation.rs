//! How limits follow what they protect, in a small world of virtual time.

mod support;

use std::ops::RangeInclusive;
use std::time::Duration;

use palisade_bulkhead::adaptive::{Adapt, Aimd, Gradient2};

use support::upstream::World;

const SEEDS: [u64; 5] = [1, 2, 3, 5, 8];
const FOR_EVER: u64 = u64::MAX / 4;

/// Refuses who would wait as long as one call takes: it holds twice its capacity.
fn refusing(algorithm: impl Adapt + 'static, seed: u64) -> World {
    World::new(algorithm, 100, seed)
}

/// Refuses nobody, and becomes slow.
fn patient(algorithm: impl Adapt + 'static, seed: u64) -> World {
    let mut world = World::new(algorithm, 100, seed);
    world.patience = FOR_EVER;
    world
}

/// The capacity falls from 100 to 20 and comes back; after so many calls each time, the limit is about there.
fn follows(
    world: impl Fn(u64) -> World,
    calls: usize,
    high: RangeInclusive<u32>,
    low: RangeInclusive<u32>,
) {
    for seed in SEEDS {
        let mut world = world(seed);
        for (capacity, expected) in [(100, &high), (20, &low), (100, &high)] {
            world.capacity(capacity);
            world.run(calls, |_| {});
            let limit = world.settle(10_000);
            assert!(expected.contains(&limit), "{limit} at {capacity}, seed {seed}");
        }
    }
}

#[test]
fn aimd_follows_what_is_refused() {
    follows(|seed| refusing(Aimd::new(1, 1_000), seed), 15_000, 150..=200, 30..=40);
}

#[test]
fn aimd_follows_what_is_slow() {
    let aimd = || Aimd::new(1, 1_000).threshold(Duration::from_millis(15));
    follows(|seed| patient(aimd(), seed), 10_000, 100..=150, 20..=30);
}

#[test]
fn gradient_follows_latency() {
    follows(|seed| patient(Gradient2::new(1, 1_000), seed), 50_000, 85..=175, 20..=40);
}

#[test]
fn a_fall_of_the_capacity_is_met_within_seconds() {
    for seed in SEEDS {
        let mut world = patient(Gradient2::new(1, 1_000).start(100), seed);
        world.run(10_000, |_| {});
        world.capacity(20);
        let fell_at = world.now;
        let mut calls = 0;
        while world.adaptive.limit() > 40 {
            world.run(1, |_| {});
            calls += 1;
            assert!(calls < 20_000, "seed {seed}");
        }
        let took = Duration::from_micros(world.now - fell_at);
        assert!(took < Duration::from_secs(5), "{took:?}, seed {seed}");
    }
}

#[test]
fn a_spike_of_latency_is_got_over() {
    for seed in SEEDS {
        let mut world = patient(Gradient2::new(10, 100).start(100), seed);
        world.run(10_000, |_| {});
        world.work = 100_000;
        let during = world.settle(4_000);
        world.work = 10_000;
        world.run(60_000, |_| {});
        let after = world.settle(2_000);
        assert!((10..60).contains(&during), "{during} during, seed {seed}");
        assert!(after > 90, "{after} after, seed {seed}");
    }
}

#[test]
fn without_load_nothing_moves() {
    for seed in SEEDS {
        for mut world in [refusing(Aimd::new(1, 200), seed), refusing(Gradient2::new(1, 200), seed)]
        {
            // Nine of twenty, whatever becomes of them.
            world.demand = 9;
            for capacity in [100, 1, 100] {
                world.capacity(capacity);
                world.run(2_000, |limit| assert_eq!(limit, 20, "seed {seed}"));
            }
        }
    }
}

#[test]
fn nothing_shrinks_in_order_to_measure() {
    for seed in SEEDS {
        for mut world in [patient(Aimd::new(1, 100), seed), patient(Gradient2::new(1, 100), seed)] {
            world.capacity(1_000);
            let mut last = 0;
            world.run(60_000, |limit| {
                assert!(limit >= last, "{limit} after {last}, seed {seed}");
                last = limit;
            });
            assert_eq!(last, 100, "seed {seed}");
        }
    }
}
