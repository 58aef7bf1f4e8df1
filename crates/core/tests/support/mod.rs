//! What several of these files need.

#![allow(dead_code, reason = "each takes its part")]

pub(crate) mod pipe;
pub(crate) mod proxied;
pub(crate) mod window;

use std::sync::Arc;

use palisade_core::Micros;
use palisade_core::guard::{Account, Admission, End, Guard};
use parking_lot::Mutex;
use proptest::test_runner::{Config, RngSeed};

/// Writes down how admissions end.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<End>>);

impl Ledger {
    /// An admission of the generation 7.
    pub(crate) fn admit(self: &Arc<Self>) -> Guard<Self> {
        let admission = Admission { generation: 7, at: Micros(1), ..Admission::default() };
        Guard::new(Arc::clone(self), admission)
    }

    /// How the admissions ended, in the order of their ends.
    pub(crate) fn ends(&self) -> Vec<End> {
        self.0.lock().clone()
    }
}

impl Account for Ledger {
    fn settle(&self, admission: Admission, end: End) {
        assert_eq!((admission.generation, admission.at), (7, Micros(1)));
        self.0.lock().push(end);
    }
}

/// Random cases, the same in each run.
pub(crate) fn seeded(cases: u32) -> Config {
    let rng_seed = RngSeed::Fixed(0x5EED);
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}
