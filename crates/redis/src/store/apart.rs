//! Limits of different subjects in a cluster, which no node has all of.

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome};
use palisade_core::store::StoreError;

use super::RedisStore;
use super::part::Part;

/// The limits of one subject, by their places in the call, with what became of them.
struct Group {
    places: Vec<usize>,
    outcomes: Vec<Outcome>,
}

impl RedisStore {
    /// Executes `op` on one subject's limits after the other's.
    pub(super) async fn apart<'c>(
        &self,
        op: Op,
        parts: &mut Vec<Part<'c>>,
    ) -> Result<(Vec<Outcome>, Micros), StoreError> {
        todo!()
    }
}
