//! What a bulkhead tells of itself.

use std::cmp::Reverse;
use std::time::Duration;

use palisade_core::Ratio;
use palisade_core::base::Shared as _;
use palisade_core::telemetry::Counter;

use crate::shared::Shared;
use crate::shared::counters::{FAILED, KEYLESS, PASSED, REJECTED, SHADOWED, WAITED};

/// A bulkhead at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// How many units may be taken at once, by each key.
    pub max_concurrent: u32,
    /// How many it is now: `max_concurrent`, unless the limit is adaptive. With keys, that of requests
    /// without one; see [`BulkheadHandle::keys`](crate::BulkheadHandle::keys).
    pub limit: u32,
    /// How many calls may wait, of each key.
    pub max_queued: u32,
    /// How long they wait at most.
    pub max_wait: Duration,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of refusals and waits that is acted on.
    pub enforce: Ratio,
    /// Units that are taken, by all keys together.
    pub in_use: u64,
    /// Calls that wait; with [backpressure](crate::BackpressureLayer) services.
    pub waiting: u64,
    /// Calls that were let in and did their work.
    pub passed: u64,
    /// Calls that were let in and failed: with an error, a body that broke off, a gRPC status that
    /// says so, or a panic.
    pub failed: u64,
    /// Calls that were refused.
    pub rejected: u64,
    /// Calls that passed although they were to be refused or to wait, since `enforce` is below one.
    pub shadowed: u64,
    /// Calls that were dropped before their end.
    pub abandoned: u64,
    /// Calls that have a place or wait for one.
    pub in_flight: u64,
    /// Calls that had to wait; with [backpressure](crate::BackpressureLayer) services, before a call.
    pub waited: u64,
    /// Requests without a key.
    pub keyless: u64,
    /// Keys that have a bulkhead of their own.
    pub keys: usize,
    /// Keys that were forgotten because no call of theirs was under way.
    pub evictions: u64,
    /// Calls on the bulkhead that new keys share when there are too many.
    pub overflows: u64,
}

/// A key's bulkhead at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySnapshot {
    /// The key as text; long ones by their digest.
    pub key: String,
    /// How many units may be taken now.
    pub limit: u32,
    /// Units that are taken.
    pub in_use: u32,
    /// Calls that wait.
    pub waiting: u32,
}

impl Snapshot {
    pub(crate) fn of(shared: &Shared) -> Self {
        let (settings, switch) = (shared.settings(), shared.switch());
        let (meter, keyed) = (shared.base().meter(), shared.rooms().keyed());
        let (in_use, waiting) = shared.load();
        Self {
            name: shared.base().name().as_str(),
            max_concurrent: settings.max_concurrent,
            limit: shared.room().gate.limit(),
            max_queued: settings.max_queued,
            max_wait: settings.max_wait.to_duration(),
            enabled: switch.enabled,
            enforce: switch.enforce,
            in_use,
            waiting,
            passed: meter.count(PASSED),
            failed: meter.count(FAILED),
            rejected: meter.count(REJECTED),
            shadowed: meter.count(SHADOWED),
            abandoned: meter.count(Counter::ABANDONED),
            in_flight: meter.in_flight(),
            waited: meter.count(WAITED),
            keyless: meter.count(KEYLESS),
            keys: keyed.len(),
            evictions: keyed.evicted(),
            overflows: keyed.overflowed(),
        }
    }
}

impl KeySnapshot {
    pub(crate) fn of(shared: &Shared, most: usize) -> Vec<Self> {
        let mut busy = Vec::new();
        shared.rooms().each_of_keys(|room| {
            let (in_use, waiting) = (room.gate.in_use(), room.gate.waiting());
            if in_use > 0 || waiting > 0 {
                let (key, limit) = (room.key().to_owned(), room.gate.limit());
                busy.push(Self { key, limit, in_use, waiting });
            }
        });
        busy.sort_by(|a, b| {
            let fullness = |key: &Self| Reverse((key.waiting, key.in_use));
            fullness(a).cmp(&fullness(b)).then_with(|| a.key.cmp(&b.key))
        });
        busy.truncate(most);
        busy
    }
}
