//! What a limiter, its layers, services and handles share.

pub(crate) mod ask;
pub(crate) mod busiest;
pub(crate) mod counters;
pub(crate) mod outage;
pub(crate) mod question;
pub(crate) mod remote;
pub(crate) mod sources;
pub(crate) mod tab;
pub(crate) mod turn;
pub(crate) mod verdict;
pub(crate) mod warnings;
pub(crate) mod why;

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use palisade_core::algorithm::Op;
use palisade_core::base::{self, Base};
use palisade_core::key::Fingerprinter;
use palisade_core::store::{AnyStore, Outage};
use palisade_core::switch::{Share, Switch};
use palisade_core::telemetry::{Metric, Observe};
use palisade_core::{Clock, Key, Micros, Name, Quota};

use crate::engine::Engine;
use crate::engine::book::Tier;
use crate::engine::call::{Bucket, Call, Part};
use crate::engine::several::Outcomes;
use crate::limit::Rule;
use crate::shared::busiest::Busiest;
use crate::shared::counters::SCHEMA;
use crate::shared::sources::Sources;

/// How many keys a limiter keeps unless told otherwise: 20 to 44 MB when full of token buckets.
pub(crate) const MOST_KEYS: usize = 1_000_000;

/// What is set before the first call.
#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    pub(crate) most_keys: usize,
    pub(crate) store: Option<AnyStore>,
    pub(crate) outage: Outage,
}

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    pub(crate) fixed: Fixed,
    pub(crate) engine: Engine,
    labels: OnceLock<Box<[Name]>>,
    fingerprinter: Fingerprinter,
    pub(crate) busiest: Busiest,
    pub(crate) sources: Sources,
    pub(crate) share: Share,
    pub(crate) warned_full: AtomicBool,
}

impl Shared {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let (store, outage) = (None, Outage::default());
        let fixed = Fixed { most_keys: MOST_KEYS, store, outage };
        Self::with(Base::new(&SCHEMA), fixed, rules, Switch::default())
    }

    fn with(base: Base, fixed: Fixed, rules: Vec<Rule>, switch: Switch) -> Self {
        Self {
            engine: Engine::new(rules, switch, fixed.most_keys, base.clock()),
            base,
            fixed,
            labels: OnceLock::new(),
            fingerprinter: Fingerprinter::random(),
            busiest: Busiest::default(),
            sources: Sources::default(),
            share: Share::default(),
            warned_full: AtomicBool::new(false),
        }
    }

    /// Starts over, after something was set that the state depends on.
    pub(crate) fn restart(&mut self) {
        self.rebuild(|_| {});
    }

    /// Starts over with other limits.
    pub(crate) fn rebuild(&mut self, change: impl FnOnce(&mut Vec<Rule>)) {
        let mut rules = self.engine.rules();
        change(&mut rules);
        let (switch, most_keys) = (self.switch(), self.fixed.most_keys);
        self.engine = Engine::new(rules, switch, most_keys, self.base.clock());
        self.labels = OnceLock::new();
    }

    #[inline]
    pub(crate) fn switch(&self) -> Switch {
        self.engine.switch()
    }

    /// The quota of the first limit, or one that allows nothing if there is no limit.
    pub(crate) fn quota(&self) -> Quota {
        self.engine.quota()
    }

    #[inline]
    pub(crate) fn fingerprint(&self, key: &Key<'_>) -> u64 {
        key.fingerprint(&self.fingerprinter)
    }

    /// Whose bucket a key is.
    #[inline]
    pub(crate) fn bucket(&self, key: &Key<'_>) -> Bucket {
        if key.is_global() { Bucket::Everybody } else { Bucket::Keyed(self.fingerprint(key)) }
    }

    /// What messages, headers and stores call the limit: its own name, or the layer's, followed by
    /// the period where there are several.
    pub(crate) fn label(&self, limit: u8) -> Name {
        let Engine::Several(several) = &self.engine else { return self.base.name() };
        let labels = self.labels.get_or_init(|| several.book().labels(self.base.name()));
        labels.get(usize::from(limit)).copied().unwrap_or_else(|| self.base.name())
    }

    /// What all limits are called.
    pub(crate) fn names(&self) -> Vec<Name> {
        (0..self.engine.quotas().len()).map(|limit| self.label(limit as u8)).collect()
    }

    /// What the limit of this part is called, and the quota that applies.
    pub(crate) fn terms(&self, part: &Part) -> (Name, Quota) {
        (self.label(part.limit), self.engine.quota_of(part))
    }

    /// What is asked of all limits for one key.
    pub(crate) fn call_of(
        &self,
        bucket: Bucket,
        units: u64,
        tier: Option<&str>,
        class: u8,
    ) -> Call {
        let part = |limit, tier| Part { limit, tier, bucket, units };
        let parts = match &self.engine {
            Engine::Single(_) => [part(0, Tier::default())].into_iter().collect(),
            Engine::Several(several) => {
                let book = several.book();
                let limits = 0..book.limits().len() as u8;
                limits.map(|limit| part(limit, book.tier(limit, tier))).collect()
            }
        };
        Call { parts, class }
    }

    pub(crate) fn now(&self) -> Micros {
        self.base.clock().now()
    }

    /// Executes `op` in memory: one outcome per limit of the call, none if the limits are switched
    /// off; and when that was.
    pub(crate) fn execute(&self, call: &Call, op: Op) -> (Outcomes, Micros) {
        self.engine.execute(call, self.base.clock(), op)
    }
}

impl base::Shared for Shared {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn fork(&self) -> Self {
        let base = self.base.fork(&SCHEMA);
        Self::with(base, self.fixed.clone(), self.engine.rules(), self.switch())
    }

    fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        self.engine.set_switch(change);
    }

    /// Names the layer, and with it those limits that have no name of their own.
    fn set_name(&mut self, name: Name) {
        self.base.set_name(name);
        self.labels = OnceLock::new();
    }

    fn set_clock(&mut self, clock: Clock) {
        self.base.set_clock(clock);
        self.restart();
    }
}

impl Observe for Shared {
    fn gauges(&self, put: &mut dyn FnMut(Metric, f64)) {
        put("ratelimit_keys".into(), self.engine.keys().now as f64);
    }

    fn settings(&self, put: &mut dyn FnMut(Metric, f64)) {
        put("limit".into(), f64::from(self.quota().limit()));
    }

    fn totals(&self, put: &mut dyn FnMut(Metric, u64)) {
        let keys = self.engine.keys();
        put("ratelimit_evictions_total".into(), keys.evicted);
        put("ratelimit_overflow_total".into(), keys.overflowed);
        if self.fixed.store.is_some() {
            self.sources.publish(put);
        }
    }
}
