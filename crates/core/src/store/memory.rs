//! Memory as a store like any other.

use smallvec::SmallVec;

use super::{Answer, Charge, Entry, Policy, Source, Store, StoreError, Table};
use crate::algorithm::Op;
use crate::key::Fingerprinter;
use crate::store::policy::AnyState;
use crate::{Clock, Key, Micros};

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
    fingerprinter: Fingerprinter,
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
        Self { table: Table::new(most_keys), clock, fingerprinter: Fingerprinter::random() }
    }

    /// Executes `op` on all of `charges` at `now`, committing all of them or none.
    pub fn execute_at(&self, op: Op, charges: &[Charge], now: Micros) -> Answer {
        self.execute_when(op, charges, || now)
    }

    fn execute_when(&self, op: Op, charges: &[Charge], now: impl Fn() -> Micros) -> Answer {
        let mut entries: SmallVec<[Entry<'_, Policy>; 2]> = SmallVec::new();
        for charge in charges {
            let name = Key::from(charge.policy.name().as_str());
            // By the policy, and not by its place in the call: other calls have other policies there.
            let mut limit = name.fingerprint(&self.fingerprinter) as u8;
            while entries.len() < 256 && entries.iter().any(|entry| entry.limit == limit) {
                limit = limit.wrapping_add(1);
            }
            let key = self.place(charge);
            let Charge { policy: algorithm, units, class, .. } = charge;
            entries.push(Entry { algorithm, key, limit, units: *units, class: *class });
        }
        let (outcomes, now) = self.table.all_at(&entries, now, op);
        Answer { outcomes: outcomes.into_vec(), now, source: Source::Store }
    }

    fn place(&self, charge: &Charge) -> u64 {
        let name = Key::from(charge.policy.name().as_str());
        name.and(&*charge.subject).fingerprint(&self.fingerprinter)
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

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        for charge in &charges {
            self.table.forget(self.place(charge));
        }
        Ok(())
    }
}
