//! Bulkheads: limits of how many calls there are at once.

mod contended;
mod passing;
mod refused;
mod settings;

use palisade_benches::Bench;

pub(crate) fn benches() -> Vec<Bench> {
    [passing::benches(), refused::benches(), contended::benches()].into_iter().flatten().collect()
}
