//! What several of these tests need.

#![allow(dead_code, unreachable_pub, reason = "each test is a crate and uses what it needs")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

pub mod calls;
pub mod scripted;

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome};
use palisade_ratelimit::{Gcra, Quota, Tat};
use proptest::test_runner::{Config, RngSeed};

/// The start of 2026.
pub const START: u64 = 1_767_225_600_000_000;

/// A bucket as a store keeps one.
pub struct Bucket {
    pub gcra: Gcra,
    pub tat: Tat,
}

impl Bucket {
    pub fn new(quota: Quota) -> Self {
        Self { gcra: Gcra::new(quota), tat: Tat::default() }
    }

    pub fn run(&mut self, now: u64, op: Op, units: u64) -> Outcome {
        let (outcome, change) = self.gcra.plan(&self.tat, Micros(now), op, units, 0);
        match change {
            Change::Keep => {}
            Change::Forget => self.tat = Tat::default(),
            Change::Commit(next) | Change::Repair(next) => self.gcra.commit(&mut self.tat, next),
        }
        outcome
    }

    pub fn decide(&mut self, now: u64, units: u64) -> Outcome {
        self.run(now, Op::Decide, units)
    }

    /// How many single units pass at one moment.
    pub fn drain(&mut self, now: u64) -> u64 {
        (0..).take_while(|_| self.decide(now, 1).allowed).count() as u64
    }

    /// What one unit would meet at `now`, on a copy.
    pub fn would(&self, now: u64, units: u64) -> bool {
        self.gcra.plan(&self.tat, Micros(now), Op::Decide, units, 0).0.allowed
    }
}

/// So many cases, the same in every run.
pub fn seeded(cases: u32) -> Config {
    let rng_seed = RngSeed::Fixed(0x5EED);
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}
