//! What several test files need.

use proptest::test_runner::{Config, RngSeed};

/// So many cases, the same ones in each run.
pub(crate) fn seeded(cases: u32) -> Config {
    let rng_seed = RngSeed::Fixed(0x5EED);
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}
