//! When limits were last made easier.

use std::sync::atomic::{AtomicU64, Ordering};

use palisade_core::key::Fingerprinter;
use palisade_core::store::Charge;

use crate::near::print;

/// How many counters there are, a power of two: 32 KiB. Limits that share one only forget too much.
const COUNTERS: usize = 4096;

/// Counts for each limit how often something was given back.
///
/// A call notes the count before it asks, and what it hears is worth nothing once the count has gone on:
/// so a refusal that was on its way while units were given back is not remembered either, and nobody has
/// to find the refusals of several limits of which this is one.
#[derive(Debug)]
pub(super) struct Marks(Box<[AtomicU64]>);

/// Counts on when it is dropped: whether the store answered or nobody waited for it, the units may be back.
#[derive(Debug)]
pub(super) struct Eased<'m> {
    marks: &'m Marks,
    places: Vec<usize>,
}

impl Marks {
    pub(super) fn new() -> Self {
        Self((0..COUNTERS).map(|_| AtomicU64::new(0)).collect())
    }

    /// How often something was given back to any of these limits.
    pub(super) fn sum(&self, fingerprinter: &Fingerprinter, charges: &[Charge]) -> u64 {
        let counters = places(fingerprinter, charges).filter_map(|place| self.0.get(place));
        counters.fold(0, |sum, counter| sum.wrapping_add(counter.load(Ordering::Acquire)))
    }

    pub(super) fn ease(&self, fingerprinter: &Fingerprinter, charges: &[Charge]) -> Eased<'_> {
        Eased { marks: self, places: places(fingerprinter, charges).collect() }
    }
}

impl Drop for Eased<'_> {
    fn drop(&mut self) {
        for counter in self.places.iter().filter_map(|&place| self.marks.0.get(place)) {
            counter.fetch_add(1, Ordering::Release);
        }
    }
}

fn places(fingerprinter: &Fingerprinter, charges: &[Charge]) -> impl Iterator<Item = usize> {
    let place = |charge| print::key(charge).fingerprint(fingerprinter) as usize % COUNTERS;
    charges.iter().map(place)
}
