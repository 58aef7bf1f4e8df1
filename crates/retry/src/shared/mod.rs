//! What a retry's layers, services and handles share.

pub(crate) mod core;
pub(crate) mod counters;
pub(crate) mod plan;
pub(crate) mod settings;

use palisade_core::base::{self, Base};
use palisade_core::pool::Pooled;
use palisade_core::switch::Switch;
use palisade_core::telemetry::{Metric, Observe};
use palisade_core::{Clock, Name};

use self::core::{Core, POOL, Seed};
use self::counters::{ATTEMPTS, SCHEMA};
use self::plan::Plan;
use self::settings::{MAX_REPLAY, Settings};
use crate::budget::Budget;

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    /// The plan's, where a call finds it without looking at the plan.
    budget: Budget,
    core: Pooled<Core>,
}

impl Shared {
    pub(crate) fn new(max_attempts: u32) -> Self {
        let settings =
            Settings { enabled: true, timed: false, max_attempts, max_replay: MAX_REPLAY };
        let base = Base::new(&SCHEMA);
        Self::with(base, Seed { settings, plan: Plan::default() })
    }

    fn with(base: Base, seed: Seed) -> Self {
        let budget = seed.plan.budget.clone();
        Self { core: POOL.take(base.meter(), seed), budget, base }
    }

    pub(crate) const fn core(&self) -> &Pooled<Core> {
        &self.core
    }

    #[inline]
    pub(crate) const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Other settings of a layer that nobody uses yet.
    pub(crate) fn plan(&mut self, change: impl Fn(&mut Plan)) {
        self.core.set_plan(change);
        self.budget = self.core.plan().budget.clone();
    }

    fn seed(&self) -> Seed {
        Seed { settings: self.core.settings(), plan: Plan::clone(&self.core.plan()) }
    }
}

impl base::Shared for Shared {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    /// With the budget that was given to it, or else a new one.
    fn fork(&self) -> Self {
        let mut seed = self.seed();
        if !seed.plan.given {
            seed.plan.budget = Budget::default();
        }
        Self::with(self.base.fork(&SCHEMA), seed)
    }

    fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        let enabled = self.core.settings().enabled;
        let switch = change(Switch::default().with_enabled(enabled));
        self.core.set(|old| Settings { enabled: switch.enabled, ..old });
    }

    fn set_name(&mut self, name: Name) {
        self.base.set_name(name);
        self.plan(|plan| plan.name = name);
    }

    fn set_clock(&mut self, clock: Clock) {
        self.base.set_clock(clock.clone());
        self.plan(|plan| plan.clock = clock.clone());
    }
}

impl Observe for Shared {
    fn gauges(&self, put: &mut dyn FnMut(Metric, f64)) {
        let tokens = self.budget.balance(self.base.clock().now());
        put("retry_budget".into(), tokens as f64);
    }

    fn totals(&self, put: &mut dyn FnMut(Metric, u64)) {
        put("retry_attempts_total".into(), self.base.meter().count(ATTEMPTS));
    }
}
