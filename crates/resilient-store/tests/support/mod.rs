//! A store that goes away, and what several of these tests need.

#![allow(dead_code, unreachable_pub, reason = "each test is a crate and uses what it needs")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::collections::BTreeSet;
use std::future::pending;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;
use palisade_core::algorithm::{Algorithm, Op, Portion};
use palisade_core::store::{
    Answer, Charge, MemoryStore, Outage, Policy, Source, Store, StoreError,
};
use palisade_resilient_store::ResilientStore;
use parking_lot::Mutex;
use tokio::time::sleep;

/// What a store does with commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Up,
    /// Refuses connections.
    Gone,
    /// Takes commands, and neither does them nor answers.
    Hung,
    /// Does what it is told, and does not answer.
    Ghost,
    /// Answers that it may not.
    ReadOnly,
    /// Loses the connection under commands.
    Cut,
    /// Answers after so many milliseconds.
    Slow(u64),
}

/// A store that several instances share, and that goes away when it is told to.
#[derive(Clone)]
pub struct Fickle(Arc<Inner>);

struct Inner {
    memory: Mutex<Arc<MemoryStore>>,
    mode: Mutex<Mode>,
    commands: Mutex<Vec<(Op, Vec<u64>)>>,
    instances: Mutex<BTreeSet<u64>>,
    heartbeats: Mutex<u64>,
    /// Whether health checks alone fail.
    is_deaf: Mutex<bool>,
}

impl Fickle {
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            memory: Mutex::new(memory()),
            mode: Mutex::new(Mode::Up),
            commands: Mutex::default(),
            instances: Mutex::default(),
            heartbeats: Mutex::default(),
            is_deaf: Mutex::default(),
        }))
    }

    pub fn set(&self, mode: Mode) {
        *self.0.mode.lock() = mode;
    }

    pub fn set_deaf(&self, is_deaf: bool) {
        *self.0.is_deaf.lock() = is_deaf;
    }

    /// Restarts with nothing in it.
    pub fn lose(&self) {
        *self.0.memory.lock() = memory();
    }

    /// The commands since the last time.
    pub fn commands(&self) -> Vec<(Op, Vec<u64>)> {
        std::mem::take(&mut self.0.commands.lock())
    }

    pub fn heartbeats(&self) -> u64 {
        *self.0.heartbeats.lock()
    }

    /// What it knows of a key, past all that may be between.
    pub fn left(&self, policy: &Policy, subject: &str) -> u64 {
        let now = Clock::tokio().now();
        let charges = [charge(policy, subject, 0)];
        self.memory().execute_at(Op::Decide, &charges, now).outcomes[0].remaining()
    }

    fn memory(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.0.memory.lock())
    }

    async fn mode(&self) -> Result<Mode, StoreError> {
        let mode = *self.0.mode.lock();
        match mode {
            Mode::Gone => Err(StoreError::NotSent("connection refused".into())),
            Mode::ReadOnly => Err(StoreError::Rejected("READONLY".into())),
            Mode::Cut => Err(StoreError::Unknown("connection reset".into())),
            Mode::Hung => pending().await,
            Mode::Slow(millis) => {
                sleep(Duration::from_millis(millis)).await;
                Ok(mode)
            }
            Mode::Up | Mode::Ghost => Ok(mode),
        }
    }
}

impl Store for Fickle {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        let units = charges.iter().map(|charge| charge.units).collect();
        self.0.commands.lock().push((op, units));
        let mode = self.mode().await?;
        let answer = self.memory().execute(op, charges).await;
        if mode == Mode::Ghost { pending().await } else { answer }
    }

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        self.mode().await?;
        self.memory().reset(charges).await
    }

    async fn heartbeat(&self, instance: u64) -> Result<Option<Portion>, StoreError> {
        *self.0.heartbeats.lock() += 1;
        if *self.0.is_deaf.lock() {
            return Err(StoreError::NotSent("no route".into()));
        }
        if self.mode().await? == Mode::Ghost {
            pending::<()>().await;
        }
        let mut instances = self.0.instances.lock();
        instances.insert(instance);
        let rank = instances.range(..instance).count();
        let of = NonZeroU32::new(instances.len() as u32).unwrap();
        Ok(Some(Portion::new(rank as u32, of)))
    }
}

fn memory() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::with(100_000, Clock::tokio()))
}

pub fn charge(policy: &Policy, subject: &str, units: u64) -> Charge {
    let (subject, policy) = (subject.into(), policy.clone());
    Charge { subject, policy, units, class: 0, together: false }
}

pub fn policy(algorithm: impl Algorithm, outage: Outage) -> Policy {
    Policy::new("test".into(), algorithm).on_outage(outage)
}

/// Decides on one unit.
pub async fn ask(store: &impl Store, policy: &Policy, subject: &str) -> (bool, Source) {
    let answer = store.execute(Op::Decide, vec![charge(policy, subject, 1)]).await.unwrap();
    (answer.allowed(), answer.source)
}

/// How many of so many calls pass, one after another at once.
pub async fn passing(store: &impl Store, policy: &Policy, subject: &str, calls: u32) -> u32 {
    let mut passed = 0;
    for _ in 0..calls {
        passed += u32::from(ask(store, policy, subject).await.0);
    }
    passed
}

/// Instances around one store, all of which it has counted.
pub async fn fleet(fickle: &Fickle, size: u64) -> Vec<ResilientStore<Fickle>> {
    let instance = |id| ResilientStore::new(fickle.clone()).instance(id).name("fleet");
    let fleet: Vec<_> = (0..size).map(instance).collect();
    let nothing = || Vec::<Charge>::new();
    for _ in 0..2 {
        for store in &fleet {
            store.execute(Op::Decide, nothing()).await.unwrap();
        }
        // The first check is at once, the next within five seconds.
        sleep(Duration::from_secs(6)).await;
    }
    for (rank, store) in fleet.iter().enumerate() {
        let of = NonZeroU32::new(size as u32).unwrap();
        assert_eq!(store.portion(), Some(Portion::new(rank as u32, of)));
    }
    // Between two sweeps.
    sleep(Duration::from_millis(250)).await;
    fickle.commands();
    fleet
}

pub const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
