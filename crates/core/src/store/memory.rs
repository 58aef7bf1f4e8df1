//! Memory as a store like any other.

use std::hash::BuildHasher;

use smallvec::SmallVec;

use super::{Answer, Charge, Entry, Policy, Store, StoreError, Table};
use crate::algorithm::Op;
use crate::store::policy::AnyState;
use crate::{Clock, Micros};

/// How many keys a memory store holds unless told otherwise.
const MOST_KEYS: usize = 1_000_000;

/// Keeps limits of any kind in this process.
///
/// A layer does not need it: its own memory is typed, smaller and faster. It stands where a
/// [`Store`] is asked for: as the fallback of another store, shared between layers, or in tests.
#[derive(Debug)]
pub struct MemoryStore {
    table: Table<AnyState>,
    clock: Clock,
    hasher: foldhash::quality::RandomState,
}

impl MemoryStore {
    /// A store of at most a million keys, on the default clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with(MOST_KEYS, Clock::default())
    }

    /// A store of at most `most_keys` keys, on `clock`.
    #[must_use]
    pub fn with(most_keys: usize, clock: Clock) -> Self {
        let hasher = foldhash::quality::RandomState::default();
        Self { table: Table::new(most_keys), clock, hasher }
    }

    /// Executes `op` on all of `charges` at `now`, committing all of them or none.
    pub fn execute_at(&self, op: Op, charges: &[Charge], now: Micros) -> Answer {
        self.execute_when(op, charges, || now)
    }

    fn execute_when(&self, op: Op, charges: &[Charge], now: impl Fn() -> Micros) -> Answer {
        let entries: SmallVec<[Entry<'_, Policy>; 2]> = charges
            .iter()
            .enumerate()
            .map(|(limit, charge)| Entry {
                algorithm: &charge.policy,
                key: self.hasher.hash_one(&charge.key),
                limit: u8::try_from(limit).unwrap_or(u8::MAX),
                units: charge.units,
                class: charge.class,
            })
            .collect();
        let (outcomes, now) = self.table.all_at(&entries, now, op);
        Answer { outcomes: outcomes.into_vec(), now }
    }

    /// How many keys have a state.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether no key has a state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        Ok(self.execute_when(op, &charges, || self.clock.now()))
    }
}
