//! Retries and hedges, whose calls are answered by the first request, or now and then by the second.

mod budget;
mod hedge;
mod passing;
mod settings;

use palisade_benches::Bench;

pub(crate) fn benches() -> Vec<Bench> {
    [passing::benches(), budget::benches(), hedge::benches()].into_iter().flatten().collect()
}
