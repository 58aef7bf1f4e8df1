//! A store in memory that is some milliseconds away, and what is asked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::algorithm::{Algorithm, Op, Outcome};
use palisade_core::store::{Answer, Charge, MemoryStore, Policy, Store, StoreError};
use palisade_core::{Clock, Name};
use tokio::time::sleep;

/// The way there, and the way back: long for a store, since tokio's timers know whole milliseconds.
pub(crate) const WAY: Duration = Duration::from_millis(5);

/// A store that is far away and counts what comes.
pub(crate) struct Distant {
    store: MemoryStore,
    calls: AtomicU64,
    granted: AtomicU64,
    there: Duration,
    back: Duration,
}

impl Distant {
    pub(crate) fn new() -> Arc<Self> {
        Self::by(WAY, WAY)
    }

    pub(crate) fn by(there: Duration, back: Duration) -> Arc<Self> {
        let store = MemoryStore::with(10_000, Clock::tokio());
        let (calls, granted) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { store, calls, granted, there, back })
    }

    /// How many calls have come.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// What decisions and takes have been granted in all, less what was given back.
    pub(crate) fn granted(&self) -> u64 {
        self.granted.load(Ordering::Relaxed)
    }
}

impl Store for Distant {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        way(self.there).await;
        let answer = self.store.execute(op, charges.clone()).await?;
        let granted = answer.outcomes.iter().map(|outcome| outcome.granted).sum();
        match op {
            Op::Decide | Op::Take if answer.allowed() => {
                self.granted.fetch_add(granted, Ordering::Relaxed);
            }
            Op::Refund => {
                let units = charges.iter().map(|charge| charge.units).sum();
                self.granted.fetch_sub(units, Ordering::Relaxed);
            }
            Op::Decide | Op::Take | Op::Charge | Op::Raise => {}
        }
        way(self.back).await;
        Ok(answer)
    }

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        way(self.there).await;
        let done = self.store.reset(charges).await;
        way(self.back).await;
        done
    }
}

/// So many units of a limit, made anew as a layer does.
pub(crate) fn charge(name: &str, algorithm: impl Algorithm, units: u64) -> Charge {
    let policy = Policy::new(Name::new(name), algorithm);
    Charge { subject: "alice".into(), policy, units, class: 0, together: false }
}

/// Decides on one limit, which must be answered.
pub(crate) async fn decide(store: &impl Store, charge: Charge) -> (Outcome, Answer) {
    let answer = store.execute(Op::Decide, vec![charge]).await.unwrap();
    (answer.outcomes[0], answer)
}

async fn way(long: Duration) {
    if !long.is_zero() {
        sleep(long).await;
    }
}

/// SplitMix64: numbers that a seed repeats.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
