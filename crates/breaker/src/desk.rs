//! Where calls are admitted and their ends are heard: what outlives the layer while calls are in
//! flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwap;
use palisade_core::hot::Hot;
use palisade_core::pool::{Pool, Reuse};
use palisade_core::switch::{Share, Switch};
use palisade_core::telemetry::{self, Gauge};
use palisade_core::{Clock, Micros, Reason, Rejection};

use crate::circuit::Circuit;
use crate::counters::LAYER;
use crate::machine::{self, Change, Refusal};
use crate::plan::{Flags, Plan, Terms};
use crate::state::{Event, State};

/// The desks of layers that are gone.
pub(crate) static POOL: Pool<Desk> = Pool::new();

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) terms: Hot<Terms, 3>,
    pub(crate) plan: ArcSwap<Plan>,
    /// The circuit of all calls without a key of their own.
    pub(crate) circuit: Circuit,
    pub(crate) share: Share,
    /// How often circuits have gone from one state into another.
    transitions: [[AtomicU64; 4]; 4],
}

/// What a desk is made of.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) plan: Plan,
    pub(crate) switch: Switch,
    pub(crate) row: Gauge,
}

impl Desk {
    #[inline]
    pub(crate) fn terms(&self) -> Terms {
        self.terms.get()
    }

    /// What every call looks at.
    #[inline]
    pub(crate) fn flags(&self) -> Flags {
        Flags(self.terms.word(0))
    }

    /// The time, by the layer's clock: without a look at the plan if it is the usual one.
    #[inline]
    pub(crate) fn now(&self, flags: Flags) -> Micros {
        if flags.fast_clock() { Clock::fast().now() } else { self.plan.load().clock.now() }
    }

    /// Changes the settings, and what each call reads of them.
    pub(crate) fn set(&self, change: impl Fn(&mut Plan)) {
        self.plan.rcu(|plan| {
            let mut plan = Plan::clone(plan);
            change(&mut plan);
            plan
        });
        // Whoever comes last writes what is set by then.
        self.terms.update(|terms| self.plan.load().terms(terms.switch));
    }

    pub(crate) fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        self.terms.update(|terms| Terms { switch: change(terms.switch), ..terms });
    }

    pub(crate) fn transitions(&self, from: State, to: State) -> u64 {
        self.transitions[from.index()][to.index()].load(Relaxed)
    }

    /// What a decision outside of the closed state depends on.
    pub(crate) fn ask<'p>(&self, plan: &'p Plan, now: Micros) -> machine::Terms<'p> {
        machine::Terms { now, recovery: &plan.recovery, chance: plan.dice.roll() }
    }

    /// Tells of a change, outside of all locks.
    pub(crate) fn announce(&self, plan: &Plan, key: Option<&Arc<str>>, change: Option<Change>) {
        let Some(Change { from, to, cause, at, wait, generation }) = change else { return };
        self.transitions[from.index()][to.index()].fetch_add(1, Relaxed);
        let event = Event {
            name: plan.name.as_str(),
            key: key.cloned(),
            from,
            to,
            cause,
            at,
            open_for: wait.map(Micros::to_duration),
            generation,
        };
        let worse = matches!(to, State::Open | State::ForcedOpen);
        telemetry::transition(LAYER, plan.name, worse, &event);
        plan.tell(&event);
    }

    /// The rejection that a refusal becomes.
    pub(crate) fn rejection(&self, plan: &Plan, refusal: Refusal) -> Rejection {
        let reason = Reason::circuit_open(refusal.cause, refusal.open_for);
        let why = Rejection::new(LAYER, plan.name, reason);
        match refusal.wait {
            Some(wait) if wait != Micros::MAX => why.with_retry_after(wait.to_duration()),
            _ => why,
        }
    }
}

impl Reuse for Desk {
    type Seed = Seed;

    fn make(Seed { plan, switch, row }: Seed) -> Self {
        let circuit = Circuit::new(row, false, &plan.settings);
        Self {
            terms: Hot::new(plan.terms(switch)),
            plan: ArcSwap::from_pointee(plan),
            circuit,
            share: Share::default(),
            transitions: Default::default(),
        }
    }

    fn renew(&self, Seed { plan, switch, row }: Seed) {
        self.circuit.renew(row, &plan.settings);
        self.terms.update(|_| plan.terms(switch));
        self.plan.store(Arc::new(plan));
        self.share.reset();
        self.transitions.iter().flatten().for_each(|count| count.store(0, Relaxed));
    }

    /// Calls that are still in flight have nobody to tell.
    fn retire(&self) {
        self.plan.rcu(|plan| Plan {
            load: None,
            listener: None,
            events: None,
            ..Plan::clone(plan)
        });
    }
}
