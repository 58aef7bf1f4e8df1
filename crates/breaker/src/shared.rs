//! What a breaker, its layers, services and handles share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use palisade_core::base::{self, Base};
use palisade_core::classify::Verdict;
use palisade_core::key::Missing;
use palisade_core::keyed::Keyed;
use palisade_core::pool::Pooled;
use palisade_core::store::Place;
use palisade_core::switch::Switch;
use palisade_core::telemetry::{self, Metric, Observe};
use palisade_core::{Clock, Key, Micros, Name, Reason, Rejection};

use crate::call::Call;
use crate::circuit::{Circuit, Keyhold};
use crate::counters::{KEY_MISSING, LAYER, OPEN, REJECTED, SCHEMA};
use crate::desk::{Desk, POOL, Seed};
use crate::machine::{Force, Pass, Refusal};
use crate::plan::{Flags, Plan};
use crate::state::State;

/// How many keys have a breaker of their own unless told otherwise.
pub(crate) const MOST_KEYS: usize = 10_000;

/// For how long a key's breaker is kept that nobody asks for.
pub(crate) const IDLE: Micros = Micros(600_000_000);

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    pub(crate) desk: Pooled<Desk>,
    pub(crate) keyed: Keyed<Keyhold>,
    pub(crate) fixed: Fixed,
}

/// What is set before the first call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixed {
    pub(crate) most_keys: usize,
    pub(crate) idle: Micros,
}

/// What was decided about a call.
pub(crate) enum Decided {
    /// It passes, and is judged.
    Admitted(Call),
    /// It passes, though it should not.
    Shadowed(telemetry::Ticket),
    Refused(Rejection),
}

impl Shared {
    pub(crate) fn new() -> Self {
        let base = Base::new(&SCHEMA);
        let plan = Plan::new(base.name(), base.clock().clone());
        let fixed = Fixed { most_keys: MOST_KEYS, idle: IDLE };
        Self::with(base, plan, Switch::default(), fixed)
    }

    fn with(base: Base, plan: Plan, switch: Switch, fixed: Fixed) -> Self {
        let seed = Seed { plan, switch, row: base.meter().gauge() };
        let desk = POOL.take(base.meter(), seed);
        Self { base, desk, keyed: Keyed::new(fixed.most_keys), fixed }
    }

    /// Changes the settings, and fits what was seen to them.
    pub(crate) fn set(&self, change: impl Fn(&mut Plan)) {
        self.desk.set(change);
        // Whoever fitted them to what is no longer set fits them to what is, however many change it.
        loop {
            let plan = self.desk.plan.load_full();
            self.desk.circuit.evidence.fit(&plan.settings);
            self.keyed.each(|keyhold, _| keyhold.circuit.evidence.fit(&plan.settings));
            if Arc::ptr_eq(&plan, &self.desk.plan.load_full()) {
                return;
            }
        }
    }

    /// Starts over, after something was set that the keys' circuits depend on.
    pub(crate) fn restart(&mut self) {
        self.keyed = Keyed::new(self.fixed.most_keys);
    }

    #[inline]
    pub(crate) fn clock(&self) -> &Clock {
        self.base.clock()
    }

    /// The circuit of a key, and the time.
    pub(crate) fn keyhold(&self, key: &Key<'_>) -> (Arc<Keyhold>, Micros) {
        let (now, desk) = (self.clock().now(), self.desk.get());
        let keyhold = self.keyed.get(key, now, |place| {
            let spelled = match place {
                Place::Own => {
                    let mut spelled = String::new();
                    key.spell(&mut spelled);
                    Arc::from(spelled)
                }
                Place::Overflow => Arc::from("(overflow)"),
            };
            let settings = desk.plan.load().settings;
            let circuit = Circuit::new(self.base.meter().gauge(), true, &settings);
            // Opened by hand are all keys, those to come included.
            if desk.circuit.machine.glance().state() == State::ForcedOpen {
                let _ = circuit.machine.force(Force::Open, now, || ());
            }
            let (used, idle) = (AtomicU64::new(now.0), self.fixed.idle);
            Keyhold { desk, key: spelled, circuit, used, idle }
        });
        keyhold.used.store(now.0, Relaxed);
        (keyhold, now)
    }

    /// Admits a call of the layer's own circuit in the usual case, which is made where it stays: each
    /// time that it is moved costs more than the decision.
    #[inline(always)]
    pub(crate) fn admit_quickly(&self, flags: Flags) -> Option<Call> {
        let desk = self.desk.get();
        let pass = desk.circuit.admit_quickly(flags)?;
        let started = if flags.times_calls() { self.clock().now() } else { Micros::ZERO };
        Some(Call::new(desk, None, pass, started, self.base.meter().enter()))
    }

    /// Decides on a call of the layer's own circuit. The layer is switched on.
    pub(crate) fn decide(&self, flags: Flags) -> Decided {
        let desk = self.desk.get();
        let now = if flags.times_calls() { self.clock().now() } else { Micros::ZERO };
        let ask = || if now == Micros::ZERO { self.clock().now() } else { now };
        match desk.circuit.admit(desk, None, flags, ask) {
            Ok(pass) => {
                let ticket = self.base.meter().enter();
                Decided::Admitted(Call::new(desk, None, pass, now, ticket))
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// Decides on a call of a key's circuit.
    pub(crate) fn decide_keyed(&self, flags: Flags, key: &Key<'_>) -> Decided {
        let (keyhold, now) = self.keyhold(key);
        let desk = self.desk.get();
        match keyhold.circuit.admit(desk, Some(&keyhold.key), flags, || now) {
            Ok(pass) => {
                let started = if flags.times_calls() { now } else { Micros::ZERO };
                let ticket = self.base.meter().enter();
                Decided::Admitted(Call::new(desk, Some(keyhold), pass, started, ticket))
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// A call without a key. `None`: it passes, and nothing is looked at.
    pub(crate) fn decide_keyless(
        &self,
        flags: Flags,
        missing: Missing,
        by: &'static str,
    ) -> Option<Decided> {
        self.base.warn_keyless(LAYER, by, missing);
        match missing {
            Missing::Pass => None,
            Missing::Shared => Some(self.decide(flags)),
            Missing::Reject => {
                let why = Rejection::new(LAYER, self.base.name(), Reason::key_missing(by));
                Some(self.enforce(why, KEY_MISSING))
            }
        }
    }

    /// A call that was let pass before, of which the end is known now.
    pub(crate) fn recorded(&self, pass: Pass) -> Call {
        Call::new(self.desk.get(), None, pass, Micros::ZERO, self.base.meter().enter())
    }

    /// The inner service failed to become ready: a call that failed, if one would have passed.
    #[cold]
    pub(crate) fn fail_unready(&self, flags: Flags, verdict: Verdict) {
        let (desk, now) = (self.desk.get(), self.clock().now());
        if let Ok(pass) = desk.circuit.admit(desk, None, flags, || now) {
            self.recorded(pass).finish(verdict);
        }
    }

    /// Refuses a call of the layer's own circuit that must not pass, whatever has changed: the inner
    /// service was not asked whether it is ready.
    #[cold]
    pub(crate) fn refuse_unready(&self) -> Rejection {
        let (circuit, now) = (&self.desk.circuit, self.clock().now());
        let refusal = circuit.refuses(&self.desk, now);
        let refusal = refusal.unwrap_or_else(|| circuit.machine.last_refusal(now));
        self.reject(self.desk.rejection(&self.desk.plan.load(), refusal), OPEN)
    }

    /// Refuses, as far as refusals are enforced.
    #[cold]
    pub(crate) fn refuse(&self, refusal: Refusal) -> Decided {
        let why = self.desk.rejection(&self.desk.plan.load(), refusal);
        self.enforce(why, OPEN)
    }

    fn enforce(&self, why: Rejection, reason: telemetry::Counter) -> Decided {
        if !self.desk.share.enforces(self.desk.terms().switch.enforce) {
            return Decided::Shadowed(self.base.meter().enter());
        }
        Decided::Refused(self.reject(why, reason))
    }

    fn reject(&self, why: Rejection, reason: telemetry::Counter) -> Rejection {
        let meter = self.base.meter();
        meter.add(REJECTED);
        meter.add(reason);
        telemetry::rejected(&why);
        why
    }

    /// How many circuits are in each state.
    pub(crate) fn states(&self) -> [u32; 4] {
        let mut states = [0; 4];
        let mut count = |circuit: &Circuit| states[circuit.machine.glance().state().index()] += 1;
        self.keyed.each(|keyhold, _| count(&keyhold.circuit));
        // Of a keyed breaker the circuit for calls without a key is one among them, once it is used.
        if self.keyed.is_empty() || self.desk.circuit.machine.glance().state() != State::Closed {
            count(&self.desk.circuit);
        }
        states
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
        let (plan, switch) = (self.desk.plan.load().fork(), self.desk.terms().switch);
        Self::with(self.base.fork(&SCHEMA), plan, switch, self.fixed)
    }

    fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        self.desk.set_switch(change);
    }

    fn set_name(&mut self, name: Name) {
        self.base.set_name(name);
        self.desk.set(|plan| plan.name = name);
    }

    fn set_clock(&mut self, clock: Clock) {
        self.desk.set(|plan| plan.clock = clock.clone());
        self.base.set_clock(clock);
    }
}

impl Observe for Shared {
    fn gauges(&self, put: &mut dyn FnMut(Metric, f64)) {
        for (state, count) in State::ALL.into_iter().zip(self.states()) {
            put(Metric { name: "breaker_state", labels: state.labels() }, count.into());
        }
        put("breaker_keys".into(), self.keyed.len() as f64);
        let (now, plan) = (self.clock().now(), self.desk.plan.load());
        let window = self.desk.circuit.evidence.window_at(now, &plan.settings);
        let ratio = window.failures as f64 / (window.calls().max(1)) as f64;
        put("breaker_failure_ratio".into(), ratio);
    }

    fn totals(&self, put: &mut dyn FnMut(Metric, u64)) {
        for (from, to, labels) in State::transitions() {
            let count = self.desk.transitions(from, to);
            put(Metric { name: "breaker_transitions_total", labels }, count);
        }
    }
}
