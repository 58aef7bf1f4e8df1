//! What a hedge's layers, services and handles share.

use palisade_core::base::{self, Base};
use palisade_core::pool::Pooled;
use palisade_core::switch::Switch;
use palisade_core::telemetry::{Counter, Metric, Observe, Schema, Series};
use palisade_core::{Clock, Name, Ratio};

use super::core::{Core, Delay, POOL, Plan, Settings};
use crate::budget::Budget;
use crate::shared::settings::MAX_REPLAY;
use crate::statuses::Statuses;

/// The kind of this layer, in metrics and events.
pub(crate) const LAYER: &str = "hedge";

/// Calls that were answered.
pub(crate) const PASSED: Counter = Counter::own(0);
/// Calls that failed, with all their requests.
pub(crate) const FAILED: Counter = Counter::own(1);

// What became of second requests.
pub(crate) const WON: Counter = Counter::own(2);
pub(crate) const LOST: Counter = Counter::own(3);
pub(crate) const SECOND_FAILED: Counter = Counter::own(4);

/// Calls that have none in any case, slow or not.
pub(crate) const NOT_IDEMPOTENT: Counter = Counter::own(7);

// Why a slow call had none.
pub(crate) const BUDGET: Counter = Counter::own(5);
pub(crate) const NOT_REPLAYABLE: Counter = Counter::own(6);
pub(crate) const DEADLINE: Counter = Counter::own(8);

const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        Series::outcome(PASSED, "passed"),
        Series::outcome(FAILED, "failed"),
        Series::outcome(Counter::ABANDONED, "abandoned"),
        result(WON, "won"),
        result(LOST, "lost"),
        result(SECOND_FAILED, "failed"),
        result(BUDGET, "budget"),
        result(NOT_REPLAYABLE, "not_replayable"),
        result(NOT_IDEMPOTENT, "not_idempotent"),
        result(DEADLINE, "deadline"),
    ],
};

/// `hedges_total{result}`: calls that were slow, by what became of their second request, or why there
/// was none; and those that are never hedged.
const fn result(counter: Counter, result: &'static str) -> Series {
    Series { counter, metric: "hedges_total", label: ("result", result) }
}

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    /// The plan's, where a call finds it without looking at the plan.
    budget: Budget,
    core: Pooled<Core>,
}

impl Shared {
    pub(crate) fn new(delay: Delay) -> Self {
        let base = Base::new(&SCHEMA);
        let settings = Settings { enabled: true, max_replay: MAX_REPLAY };
        let plan = Plan {
            budget: usual_budget(),
            given: false,
            statuses: Statuses::default(),
            name: base.name(),
            clock: base.clock().clone(),
        };
        Self::with(base, settings, delay, plan)
    }

    fn with(base: Base, settings: Settings, delay: Delay, plan: Plan) -> Self {
        let budget = plan.budget.clone();
        Self { core: POOL.take(base.meter(), (settings, delay, plan)), budget, base }
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
}

/// One second request for twenty calls, and one a second.
fn usual_budget() -> Budget {
    Budget::new(Ratio::percent(5)).per_second(1)
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
        let mut plan = Plan::clone(&self.core.plan());
        if !plan.given {
            plan.budget = usual_budget();
        }
        Self::with(self.base.fork(&SCHEMA), self.core.settings(), self.core.delay(), plan)
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

    fn settings(&self, put: &mut dyn FnMut(Metric, f64)) {
        if let Some(delay) = self.core.slow_after() {
            put("hedge_delay_seconds".into(), delay.to_duration().as_secs_f64());
        }
    }
}
