//! What a limit tells of itself.

use palisade_core::base::Shared as _;
use palisade_core::store::Source;
use palisade_core::telemetry::Counter;
use palisade_core::{Quota, Ratio};

use crate::engine::Engine;
use crate::engine::book::Ruled;
use crate::shared::Shared;
use crate::shared::busiest::BusyKey;
use crate::shared::counters::{
    CHARGE_ERRORS, DELAYED, KEYLESS, PASSED, REJECTED, SHADOWED, STORE_ERRORS,
};

/// How many of the busiest keys are told.
const BUSIEST: usize = 10;

/// A limit at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// What a key may do; of several limits the first.
    pub quota: Quota,
    /// All limits, in their order.
    pub limits: Vec<LimitSnapshot>,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of refusals that is acted on.
    pub enforce: Ratio,
    /// Calls that passed.
    pub passed: u64,
    /// Calls that were refused.
    pub rejected: u64,
    /// Calls that passed although they were to be refused, since `enforce` is below one.
    pub shadowed: u64,
    /// Calls that were dropped while they waited, for the store or for their turn.
    pub abandoned: u64,
    /// Calls that wait, for the store or for their turn.
    pub in_flight: u64,
    /// Decisions that the store did not make.
    pub store_errors: u64,
    /// Charges and refunds that did not reach the store, or not in time.
    pub charge_errors: u64,
    /// Decisions on calls, by who made them: one count for each [`Source`]. None if the limits are kept
    /// in this process only. A call that was refused for want of the store nobody decided.
    pub decisions: Vec<(Source, u64)>,
    /// Calls that had to wait for their turn.
    pub delayed: u64,
    /// Requests without a key.
    pub keyless: u64,
    /// Keys that have a bucket of their own.
    pub keys: usize,
    /// Buckets that were dropped because they were full again.
    pub evictions: u64,
    /// Decisions on the bucket that new keys share when there are too many keys.
    pub overflows: u64,
    /// The keys that call most, the busiest first: ten at most.
    pub busiest: Vec<BusyKey>,
}

/// One limit of several, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitSnapshot {
    /// What messages and headers call it.
    pub name: &'static str,
    /// What a key may do that is on no tier.
    pub quota: Quota,
    /// What a key may do on each tier, by name.
    pub tiers: Vec<(String, Quota)>,
}

impl Snapshot {
    pub(crate) fn of(shared: &Shared) -> Self {
        let (switch, meter, keys) = (shared.switch(), shared.base().meter(), shared.engine.keys());
        Self {
            name: shared.base().name().as_str(),
            quota: shared.quota(),
            limits: shared.limits(),
            enabled: switch.enabled,
            enforce: switch.enforce,
            passed: meter.count(PASSED),
            rejected: meter.count(REJECTED),
            shadowed: meter.count(SHADOWED),
            abandoned: meter.count(Counter::ABANDONED),
            in_flight: meter.in_flight(),
            store_errors: meter.count(STORE_ERRORS),
            charge_errors: meter.count(CHARGE_ERRORS),
            decisions: shared.decisions(),
            delayed: meter.count(DELAYED),
            keyless: meter.count(KEYLESS),
            keys: keys.now,
            evictions: keys.evicted,
            overflows: keys.overflowed,
            busiest: shared.busiest.top(BUSIEST),
        }
    }
}

impl Shared {
    fn decisions(&self) -> Vec<(Source, u64)> {
        match self.fixed.store {
            Some(_) => self.sources.counts().collect(),
            None => Vec::new(),
        }
    }

    fn limits(&self) -> Vec<LimitSnapshot> {
        let names = self.names();
        let name = |at: usize| names.get(at).map_or("", |name| name.as_str());
        match &self.engine {
            Engine::Single(single) => {
                let (quota, tiers) = (single.quota(), Vec::new());
                vec![LimitSnapshot { name: name(0), quota, tiers }]
            }
            Engine::Several(several) => {
                let book = several.book();
                let limit = |(at, ruled): (usize, &Ruled)| LimitSnapshot {
                    name: name(at),
                    quota: ruled.quota(),
                    tiers: ruled.tiers().map(|(tier, quota)| (tier.to_owned(), quota)).collect(),
                };
                book.limits().iter().enumerate().map(limit).collect()
            }
        }
    }
}
