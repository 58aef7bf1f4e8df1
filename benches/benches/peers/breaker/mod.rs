//! Circuit breakers: closed and open, around a service and by hand.
//!
//! | | windows | a layer |
//! |---|---|---|
//! | failsafe | none of calls: failures in a row; of time: a moving average | no |
//! | recloser | of calls | no |
//! | tower-resilience | of calls, of time | yes |
//!
//! What has no layer is called by hand around the inner service's future, as its documentation shows.
//! tower has no breaker.

mod by_hand;
mod by_host;
mod closed;
mod contended;
mod filling;
mod refused;
mod settings;

use palisade_benches::Bench;

pub(crate) fn benches() -> Vec<Bench> {
    [
        closed::benches(),
        by_hand::benches(),
        by_host::benches(),
        refused::benches(),
        filling::benches(),
        contended::benches(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
