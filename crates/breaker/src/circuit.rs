//! One circuit: its state, and what it has seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use palisade_core::keyed::Resident;
use palisade_core::telemetry::Gauge;
use palisade_core::{Cause, Micros};

use crate::desk::Desk;
use crate::evidence::Evidence;
use crate::machine::{Force, Machine, Pass, Refusal};
use crate::plan::{Flags, Plan};
use crate::settings::{Settings, Window};
use crate::state::State;

#[derive(Debug)]
pub(crate) struct Circuit {
    pub(crate) machine: Machine,
    pub(crate) evidence: Evidence,
}

/// A key's own circuit.
#[derive(Debug)]
pub(crate) struct Keyhold {
    pub(crate) desk: &'static Desk,
    pub(crate) key: Arc<str>,
    pub(crate) circuit: Circuit,
    pub(crate) used: AtomicU64,
    /// For how long it is kept while nobody calls.
    pub(crate) idle: Micros,
}

impl Circuit {
    pub(crate) fn new(row: Gauge, keyed: bool, settings: &Settings) -> Self {
        let evidence = Evidence::new(row, keyed);
        evidence.renew(settings);
        Self { machine: Machine::new(), evidence }
    }

    /// Makes it as good as new, for another layer.
    pub(crate) fn renew(&self, row: Gauge, settings: &Settings) {
        self.evidence.set_row(row);
        let _ = self.machine.force(Force::Close, Micros::ZERO, || self.evidence.clear(settings));
    }

    /// Admits a call in the usual case: the breaker is closed, and nothing is throttled.
    #[inline]
    pub(crate) fn admit_quickly(&self, flags: Flags) -> Option<Pass> {
        let glance = self.machine.glance();
        let passes = glance.is_closed() && !(flags.throttle() && self.evidence.is_throttled());
        passes.then(|| Pass { generation: glance.generation(), probe: None })
    }

    /// Admits a call, or says why not.
    pub(crate) fn admit(
        &self,
        desk: &Desk,
        key: Option<&Arc<str>>,
        flags: Flags,
        now: impl FnOnce() -> Micros,
    ) -> Result<Pass, Refusal> {
        self.admit_quickly(flags).map_or_else(|| self.admit_slowly(desk, key, now()), Ok)
    }

    #[cold]
    fn admit_slowly(
        &self,
        desk: &Desk,
        key: Option<&Arc<str>>,
        now: Micros,
    ) -> Result<Pass, Refusal> {
        let plan = desk.plan.load();
        let (decided, changes) = self.machine.admit(&desk.ask(&plan, now));
        for change in changes {
            desk.announce(&plan, key, change);
        }
        let pass = decided?;
        // After a time without calls the share would be that of long ago.
        if plan.settings.throttle.is_some()
            && self.evidence.roll(now, || plan.settings.span().into())
        {
            self.look(desk, key, &plan, pass.generation, now);
        }
        let share = u64::from(self.evidence.throttled().ppm());
        let throttles = pass.probe.is_none() && plan.settings.throttle.is_some() && share > 0;
        if throttles && u64::from(plan.dice.roll()) * 1_000_000 < share << 32 {
            self.evidence.roll(now, || plan.settings.span().into());
            self.evidence.refuse();
            self.look(desk, key, &plan, pass.generation, now);
            let cause = self.evidence.throttle_cause();
            return Err(Refusal { cause, open_for: Micros::ZERO, wait: None });
        }
        Ok(pass)
    }

    /// Why a call would be refused now, without a call.
    pub(crate) fn refuses(&self, desk: &Desk, now: Micros) -> Option<Refusal> {
        self.machine.refuses(now, || desk.plan.load().recovery)
    }

    /// Opens if what was seen says so.
    pub(crate) fn look(
        &self,
        desk: &Desk,
        key: Option<&Arc<str>>,
        plan: &Plan,
        generation: u64,
        now: Micros,
    ) {
        let Some(cause) = self.evidence.judge(&plan.settings, plan.load()) else { return };
        self.trip(desk, key, plan, generation, now, cause);
    }

    #[cold]
    fn trip(
        &self,
        desk: &Desk,
        key: Option<&Arc<str>>,
        plan: &Plan,
        generation: u64,
        now: Micros,
        cause: Cause,
    ) {
        let not_before = plan.cap(self.evidence.hold(), now);
        let change = self.machine.trip(generation, cause, not_before, &desk.ask(plan, now));
        desk.announce(plan, key, change);
    }

    pub(crate) fn force(&self, desk: &Desk, key: Option<&Arc<str>>, force: Force, now: Micros) {
        let plan = desk.plan.load();
        let renew = || self.evidence.renew(&plan.settings);
        desk.announce(&plan, key, self.machine.force(force, now, renew));
    }
}

impl Plan {
    /// Until when the service may keep the breaker open that has asked for `until`.
    pub(crate) fn cap(&self, until: Micros, now: Micros) -> Micros {
        until.min(now + self.recovery.retry_after_at_most)
    }
}

impl Resident for Keyhold {
    /// A closed circuit whose window is empty again is as good as new; one that is not closed is kept
    /// ten times as long, so that it does not go before one that is.
    fn inert_at(&self) -> Micros {
        let used = Micros(self.used.load(Relaxed));
        match self.circuit.machine.glance().state() {
            State::ForcedOpen => Micros::MAX,
            State::Open | State::HalfOpen => {
                let open = self.circuit.machine.opened(used).and_then(|refusal| refusal.wait);
                used + open.unwrap_or(Micros::ZERO) + Micros(self.idle.0.saturating_mul(10))
            }
            State::Closed => {
                let plan = self.desk.plan.load();
                let Settings { window, trip, .. } = &plan.settings;
                match window {
                    Window::Time(span) if *trip == trip.only_rates() => {
                        used + self.idle.min((*span).into())
                    }
                    _ => used + self.idle,
                }
            }
        }
    }
}
