//! What several test files need.

#![allow(dead_code, unreachable_pub, reason = "each test is a crate and uses what it needs")]
#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

pub(crate) mod histogram;
pub(crate) mod upstream;

use proptest::test_runner::{Config, RngSeed};

/// So many cases, the same ones in each run.
pub(crate) fn seeded(cases: u32) -> Config {
    let rng_seed = RngSeed::Fixed(0x5EED);
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}
