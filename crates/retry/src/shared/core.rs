//! What calls in flight refer to, without counting references.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};
use fastrand::Rng;
use http::StatusCode;
use palisade_core::Micros;
use palisade_core::pool::{Pool, Reuse};

use super::plan::Plan;
use super::settings::Settings;
use crate::asked::Rules;
use crate::judge::{Advice, Again};

pub(crate) static POOL: Pool<Core> = Pool::new();

/// The settings of a layer.
#[derive(Debug)]
pub(crate) struct Core {
    word: AtomicU64,
    plan: ArcSwap<Plan>,
    /// Whose next number seeds the jitter of a call.
    seeds: AtomicU64,
}

/// What a layer's state is made of.
pub(crate) struct Seed {
    pub(crate) settings: Settings,
    pub(crate) plan: Plan,
}

impl Core {
    #[inline]
    pub(crate) fn settings(&self) -> Settings {
        Settings::unpack(self.word.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, change: impl Fn(Settings) -> Settings) {
        let change = |word| Some(change(Settings::unpack(word)).pack());
        // Never an error: the closure always has a value.
        let _ = self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }

    pub(crate) fn plan(&self) -> Guard<Arc<Plan>> {
        self.plan.load()
    }

    pub(crate) fn set_plan(&self, change: impl Fn(&mut Plan)) {
        self.plan.rcu(|plan| {
            let mut plan = Plan::clone(plan);
            change(&mut plan);
            plan
        });
    }

    /// Whether a call that nobody was ready for is to have a second attempt, which is then paid for, unless
    /// it was before.
    pub(crate) fn grant(&self, advice: Advice, paid: bool) -> Option<Again> {
        let Advice::Again(again) = advice else { return None };
        let (settings, plan) = (self.settings(), self.plan());
        let asked = Micros::from(again.after.unwrap_or_default());
        let is_wanted = settings.enabled && settings.max_attempts > 1;
        let granted = is_wanted
            && asked <= plan.max_retry_after
            && (paid || plan.budget.withdraw(plan.clock.now()));
        granted.then_some(again)
    }

    /// What the jitter of one call is drawn from.
    pub(crate) fn rng(&self) -> Rng {
        match self.plan().seed {
            // The golden ratio, so that seeds are far from each other.
            Some(seed) => {
                let call = self.seeds.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                Rng::with_seed(seed.wrapping_add(call))
            }
            None => Rng::new(),
        }
    }
}

impl Rules for Core {
    fn now(&self) -> Micros {
        self.plan().clock.now()
    }

    fn retries(&self, status: StatusCode) -> bool {
        self.plan().statuses.has(status)
    }
}

impl Reuse for Core {
    type Seed = Seed;

    fn make(Seed { settings, plan }: Seed) -> Self {
        Self {
            word: AtomicU64::new(settings.pack()),
            plan: ArcSwap::from_pointee(plan),
            seeds: AtomicU64::new(0),
        }
    }

    fn renew(&self, Seed { settings, plan }: Seed) {
        self.word.store(settings.pack(), Ordering::Relaxed);
        self.plan.store(Arc::new(plan));
        self.seeds.store(0, Ordering::Relaxed);
    }
}
