//! A breaker in use, from outside.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use palisade_core::base::Shared as _;
use palisade_core::telemetry::Counter;
use palisade_core::{Cause, Key, Micros, Ratio, common_handle};

use crate::counters::{FAILED, IGNORED, PASSED, REJECTED, SHADOWED};
use crate::events::Events;
use crate::machine::Force;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::state::State;
use crate::trip::count;

/// Reads and changes a breaker while it is in use, and opens or closes it by hand. Clones see the
/// same breaker.
#[derive(Clone, Debug)]
pub struct BreakerHandle {
    shared: Arc<Shared>,
}

/// A breaker at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// What it does with calls that have no key of their own.
    pub state: State,
    /// Why it is not closed.
    pub cause: Option<Cause>,
    /// For how long it has not been.
    pub open_for: Option<Duration>,
    /// When the next call may pass; `None` if it is closed or was opened by hand.
    pub next_probe: Option<Duration>,
    /// Calls in its window.
    pub calls: u32,
    /// Of those, the ones that failed.
    pub failures: u32,
    /// Of those, the ones that were slow.
    pub slow: u32,
    /// The share of calls that usually fails, if [`Raised`](crate::Raised) has learnt it.
    pub usual: Option<Ratio>,
    /// The share of calls that a [`Throttle`](crate::Throttle) refuses now.
    pub throttled: Ratio,
    /// What it decides by.
    pub settings: Settings,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of refusals that is acted on.
    pub enforce: Ratio,
    /// Calls that the service did its work for.
    pub passed: u64,
    /// Calls that it failed.
    pub failed: u64,
    /// Calls that said nothing of it, since a layer inside had refused them.
    pub ignored: u64,
    /// Calls that were refused.
    pub rejected: u64,
    /// Calls that passed though they should not have, since `enforce` is below one.
    pub shadowed: u64,
    /// Calls that were dropped before their end.
    pub abandoned: u64,
    /// Calls under way.
    pub in_flight: u64,
    /// Keys that have a breaker of their own.
    pub keys: usize,
    /// Keys' breakers that were dropped, since they had become as good as new.
    pub evictions: u64,
    /// Calls that shared a breaker, since there was no place for their key.
    pub overflows: u64,
}

/// The breaker of one key at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySnapshot {
    /// The key, as it is spelled in a store; of the one that keys without a place share,
    /// `"(overflow)"`. Keys may be secrets: do not publish them.
    pub key: Arc<str>,
    /// What it does with calls.
    pub state: State,
    /// Why it is not closed.
    pub cause: Option<Cause>,
    /// When the next call may pass; `None` if it is closed or was opened by hand.
    pub next_probe: Option<Duration>,
    /// Calls in its window.
    pub calls: u32,
    /// Of those, the ones that failed.
    pub failures: u32,
    /// When it was last asked, by the breaker's clock.
    pub used: Micros,
}

common_handle! {
    BreakerHandle, "breaker";
    /// Changes the share of refusals that is acted on.
    enforce
}

impl BreakerHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The breaker as it is now: of a keyed one the circuit of the calls without a key, and the counts
    /// of all.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let shared = &*self.shared;
        let (base, desk) = (shared.base(), &shared.desk);
        let (plan, switch, meter) = (desk.plan.load(), desk.terms().switch, base.meter());
        let evidence = &desk.circuit.evidence;
        let now = shared.clock().now();
        let refusal = desk.circuit.machine.opened(now, &plan.recovery);
        let window = evidence.window_at(now, &plan.settings);
        Snapshot {
            name: base.name().as_str(),
            state: desk.circuit.machine.glance().state(),
            cause: refusal.map(|refusal| refusal.cause),
            open_for: refusal.map(|refusal| refusal.open_for.to_duration()),
            next_probe: refusal.and_then(|refusal| refusal.wait).map(Micros::to_duration),
            calls: count(window.calls()),
            failures: count(window.failures),
            slow: count(window.slow),
            usual: evidence.usual(),
            throttled: evidence.throttled(),
            settings: plan.settings,
            enabled: switch.enabled,
            enforce: switch.enforce,
            passed: meter.count(PASSED),
            failed: meter.count(FAILED),
            ignored: meter.count(IGNORED),
            rejected: meter.count(REJECTED),
            shadowed: meter.count(SHADOWED),
            abandoned: meter.count(Counter::ABANDONED),
            in_flight: meter.in_flight(),
            keys: shared.keyed.len(),
            evictions: shared.keyed.evicted(),
            overflows: shared.keyed.overflowed(),
        }
    }

    /// The breakers of all keys that have one, and of those that share one.
    #[must_use]
    pub fn keys(&self) -> Vec<KeySnapshot> {
        let (now, mut keys) = (self.shared.clock().now(), Vec::new());
        let plan = self.shared.desk.plan.load();
        self.shared.keyed.each(|keyhold, _| {
            let circuit = &keyhold.circuit;
            let refusal = circuit.machine.opened(now, &plan.recovery);
            let window = circuit.evidence.window_at(now, &plan.settings);
            keys.push(KeySnapshot {
                key: Arc::clone(&keyhold.key),
                state: circuit.machine.glance().state(),
                cause: refusal.map(|refusal| refusal.cause),
                next_probe: refusal.and_then(|refusal| refusal.wait).map(Micros::to_duration),
                calls: count(window.calls()),
                failures: count(window.failures),
                used: Micros(keyhold.used.load(Relaxed)),
            });
        });
        keys
    }

    /// Changes what it decides by. What was seen so far stays, as far as the new window reaches back;
    /// from a window of time to one of calls, or back, nothing does. A wait that has begun stays.
    ///
    /// ```
    /// use palisade_breaker::{Breaker, Ratio, Trip};
    ///
    /// let handle = Breaker::new().handle();
    /// handle.update(|settings| {
    ///     settings.trip = Trip::failure_rate(Ratio::percent(25)).or(Trip::consecutive(5));
    ///     settings.minimum_calls = 50;
    /// });
    /// ```
    pub fn update(&self, change: impl Fn(&mut Settings)) {
        self.shared.set(|plan| {
            let mut settings = plan.settings;
            change(&mut settings);
            plan.set(settings);
        });
    }

    /// Opens it, and all its keys', those to come included, until somebody closes it.
    pub fn force_open(&self) {
        self.force(Force::Open);
    }

    /// Closes it, and all its keys', with nothing seen yet.
    pub fn force_close(&self) {
        self.force(Force::Close);
    }

    /// Ends the wait of a breaker that has opened, and of its keys': the next call may pass as a probe. For
    /// those who hear in another way that the service is back. One that was opened by hand stays so.
    pub fn probe_now(&self) {
        let now = self.shared.clock().now();
        self.shared.desk.circuit.machine.end_wait(now);
        self.shared.keyed.each(|keyhold, _| keyhold.circuit.machine.end_wait(now));
    }

    /// The same as [`force_close`](Self::force_close), and forgets what is usual.
    pub fn reset(&self) {
        let settings = self.shared.desk.plan.load().settings;
        self.shared.desk.circuit.evidence.clear(&settings);
        self.shared.keyed.each(|keyhold, _| keyhold.circuit.evidence.clear(&settings));
        self.force(Force::Close);
    }

    /// Switches it off: every call goes straight through. The same as `set_enabled(false)`.
    pub fn disable(&self) {
        self.set_enabled(false);
    }

    /// Opens the breaker of one key, until somebody closes it; of a key without a place, the one that it
    /// shares.
    pub fn force_open_key<'k>(&self, key: impl Into<Key<'k>>) {
        self.force_key(&key.into(), Force::Open);
    }

    /// Closes the breaker of one key, with nothing seen yet.
    pub fn force_close_key<'k>(&self, key: impl Into<Key<'k>>) {
        self.force_key(&key.into(), Force::Close);
    }

    /// Hears of each change of state from now on.
    #[must_use]
    pub fn subscribe(&self) -> Events {
        Events::new(self.shared.desk.plan.load().events.as_ref())
    }

    fn force(&self, force: Force) {
        let (desk, now) = (self.shared.desk.get(), self.shared.clock().now());
        // The layer's own first: keys that come from then on are as it is. The others outside of the
        // table's locks, since listeners are told.
        desk.circuit.force(desk, None, force, now);
        let mut keyholds = Vec::new();
        self.shared.keyed.each(|keyhold, _| keyholds.push(Arc::clone(keyhold)));
        for keyhold in keyholds {
            keyhold.circuit.force(desk, Some(&keyhold.key), force, now);
        }
    }

    fn force_key(&self, key: &Key<'_>, force: Force) {
        let (keyhold, now) = self.shared.keyhold(key);
        keyhold.circuit.force(self.shared.desk.get(), Some(&keyhold.key), force, now);
    }
}
