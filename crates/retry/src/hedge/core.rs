//! What calls in flight refer to, without counting references.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arc_swap::{ArcSwap, Guard};
use http::StatusCode;
use palisade_core::pool::{Pool, Reuse};
use palisade_core::{Clock, Micros, Name, Ratio};

use super::latencies::Latencies;
use crate::asked::Rules;
use crate::budget::Budget;
use crate::statuses::Statuses;

pub(crate) static POOL: Pool<Core> = Pool::new();

/// The state of a layer.
#[derive(Debug)]
pub(crate) struct Core {
    /// [`Settings`], packed.
    word: AtomicU64,
    /// The delay, or how many calls are to be within it.
    delay: AtomicU64,
    latencies: Latencies,
    plan: ArcSwap<Plan>,
}

/// The numbers that every call reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) enabled: bool,
    /// Bytes of a request's body that are kept.
    pub(crate) max_replay: u32,
}

/// After which time a call is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delay {
    Fixed(Micros),
    /// Such that so many calls of the last minute were quicker.
    Share(Ratio),
}

/// What is looked up only when a call is slow.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) budget: Budget,
    pub(crate) given: bool,
    pub(crate) statuses: Statuses,
    pub(crate) name: Name,
    pub(crate) clock: Clock,
}

const ENABLED: u64 = 1 << 63;

/// Of the delay: it is a share.
const SHARE: u64 = 1 << 63;

// ===== impl Settings =====

impl Settings {
    const fn pack(self) -> u64 {
        let enabled = if self.enabled { ENABLED } else { 0 };
        enabled | self.max_replay as u64
    }

    const fn unpack(word: u64) -> Self {
        Self { enabled: word & ENABLED != 0, max_replay: word as u32 }
    }
}

impl Delay {
    fn pack(self) -> u64 {
        match self {
            Self::Fixed(delay) => delay.0.min(SHARE - 1),
            Self::Share(share) => SHARE | u64::from(share.ppm()),
        }
    }

    const fn unpack(word: u64) -> Self {
        match word & SHARE {
            0 => Self::Fixed(Micros(word)),
            _ => Self::Share(Ratio::per_million(word as u32)),
        }
    }
}

// ===== impl Core =====

impl Core {
    #[inline]
    pub(crate) fn settings(&self) -> Settings {
        Settings::unpack(self.word.load(Relaxed))
    }

    pub(crate) fn set(&self, change: impl Fn(Settings) -> Settings) {
        let change = |word| Some(change(Settings::unpack(word)).pack());
        // Never an error: the closure always has a value.
        let _ = self.word.fetch_update(Relaxed, Relaxed, change);
    }

    #[inline]
    pub(crate) fn delay(&self) -> Delay {
        Delay::unpack(self.delay.load(Relaxed))
    }

    pub(crate) fn set_delay(&self, delay: Delay) {
        self.delay.store(delay.pack(), Relaxed);
    }

    /// After which time a call is slow now; `None` if that is not known yet.
    pub(crate) fn slow_after(&self) -> Option<Micros> {
        match self.delay() {
            Delay::Fixed(delay) => Some(delay),
            Delay::Share(_) => self.latencies.within(),
        }
    }

    /// A call has taken so long, or longer.
    pub(crate) fn learn(&self, since: Micros) {
        if let Delay::Share(share) = self.delay() {
            let now = self.now();
            self.latencies.add(now, now.since(since), share);
        }
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
}

impl Rules for Core {
    fn now(&self) -> Micros {
        self.plan.load().clock.now()
    }

    fn retries(&self, status: StatusCode) -> bool {
        self.plan.load().statuses.has(status)
    }
}

impl Reuse for Core {
    type Seed = (Settings, Delay, Plan);

    fn make((settings, delay, plan): Self::Seed) -> Self {
        Self {
            word: AtomicU64::new(settings.pack()),
            delay: AtomicU64::new(delay.pack()),
            latencies: Latencies::new(),
            plan: ArcSwap::from_pointee(plan),
        }
    }

    fn renew(&self, (settings, delay, plan): Self::Seed) {
        self.word.store(settings.pack(), Relaxed);
        self.delay.store(delay.pack(), Relaxed);
        self.latencies.clear();
        self.plan.store(Arc::new(plan));
    }
}
