//! The cell and its settings, for loom.

use palisade_core::hot::Hot;
use palisade_core::switch::Switch;
use palisade_core::{Micros, Quota, algorithm::Op};

use crate::algorithms::gcra::Gcra;
use crate::engine::cell::Cell;
use crate::engine::settings::Settings;

/// One bucket for all, without clock, keys and counters.
#[derive(Debug)]
pub struct Bucket {
    cell: Cell,
    settings: Hot<Settings, 3>,
}

impl Bucket {
    /// A bucket that was made at `now`.
    #[must_use]
    pub fn new(quota: Quota, now: Micros) -> Self {
        let settings = Settings { gcra: Gcra::new(quota), switch: Switch::default() };
        Self { cell: Cell::new(now), settings: Hot::new(settings) }
    }

    /// Takes one unit, at the time that `now` reads.
    pub fn decide(&self, now: impl Fn() -> Micros) -> bool {
        let (_, outcome) = self.cell.execute(&self.settings, now, Op::Decide, 1);
        outcome.is_some_and(|outcome| outcome.allowed)
    }

    /// How long until the bucket is full.
    pub fn debt(&self, now: Micros) -> Micros {
        let (_, outcome) = self.cell.execute(&self.settings, || now, Op::Decide, 0);
        outcome.map_or(Micros::ZERO, |outcome| outcome.reset())
    }

    /// How many units are left.
    pub fn remaining(&self, now: Micros) -> u64 {
        let (_, outcome) = self.cell.execute(&self.settings, || now, Op::Decide, 0);
        outcome.map_or(0, |outcome| outcome.remaining())
    }

    /// Changes the quota.
    pub fn set_quota(&self, quota: Quota) {
        self.cell.adjust(&self.settings, |old| Settings { gcra: Gcra::new(quota), ..old });
    }

    /// Gives all back.
    pub fn reset(&self) {
        self.cell.reset();
    }
}
