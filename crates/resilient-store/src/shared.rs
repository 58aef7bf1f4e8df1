//! What clones of a store share.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use palisade_breaker::{Abandoned, Breaker, State};
use palisade_core::algorithm::Portion;
use palisade_core::base::Base;
use palisade_core::respond::Plain;
use palisade_core::telemetry::{Metric, Observe};
use palisade_core::{Micros, Ratio};
use palisade_retry::repeat::Replay;
use palisade_retry::{Backoff, Factor, Jitter, RetryLayer};
use palisade_timeout::TimeoutLayer;
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use crate::Instances;
use crate::ask::Unsent;
use crate::config::{ResilienceConfig, RetryConfig};
use crate::counters::SCHEMA;
use crate::health::{Health, Status};
use crate::memory::Memory;
use crate::time::StoreTime;

/// What is set before the first call.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) config: ResilienceConfig,
    pub(crate) budget: Duration,
    pub(crate) instances: Instances,
    pub(crate) instance: u64,
}

pub(crate) struct Shared<S> {
    pub(crate) base: Base,
    pub(crate) store: Arc<S>,
    pub(crate) settings: Settings,
    /// Made when it is first used, so that a chain of setters makes one.
    parts: OnceLock<Parts>,
    /// Whether it runs: that which watches the store.
    pub(crate) is_watched: Arc<AtomicBool>,
    pub(crate) watch: Mutex<Option<AbortHandle>>,
    pub(crate) warned: AtomicBool,
}

/// Our own layers around the store, and what stands in for it.
pub(crate) struct Parts {
    pub(crate) circuit: Breaker,
    pub(crate) retry: RetryLayer<Unsent, Replay>,
    pub(crate) timeout: TimeoutLayer<Plain>,
    pub(crate) health: Arc<Health>,
    pub(crate) memory: Memory,
    pub(crate) time: StoreTime,
}

impl<S: Send + Sync + 'static> Shared<S> {
    pub(crate) fn new(store: S) -> Self {
        let settings = Settings {
            config: ResilienceConfig::default(),
            budget: Duration::from_millis(50),
            instances: Instances::default(),
            instance: fastrand::u64(..),
        };
        Self::with(Base::new(&SCHEMA), Arc::new(store), settings)
    }

    fn with(base: Base, store: Arc<S>, settings: Settings) -> Self {
        Self {
            base,
            store,
            settings,
            parts: OnceLock::new(),
            is_watched: Arc::default(),
            watch: Mutex::new(None),
            warned: AtomicBool::new(false),
        }
    }

    /// In place while nobody uses it; else for a store of its own.
    pub(crate) fn edit(
        shared: Arc<Self>,
        change: impl FnOnce(&mut Base, &mut Settings),
    ) -> Arc<Self> {
        let mut shared = match Arc::try_unwrap(shared) {
            Ok(shared) if shared.parts.get().is_none() => shared,
            Ok(used) => used.fork(),
            Err(used) => used.fork(),
        };
        change(&mut shared.base, &mut shared.settings);
        shared.share()
    }

    pub(crate) fn share(self) -> Arc<Self> {
        let shared = Arc::new(self);
        let observer: Weak<Self> = Arc::downgrade(&shared);
        shared.base.meter().observe(observer);
        shared
    }

    fn fork(&self) -> Self {
        Self::with(self.base.fork(&SCHEMA), Arc::clone(&self.store), self.settings.clone())
    }

    pub(crate) fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| Parts::new(&self.base, &self.settings))
    }

    pub(crate) fn now(&self) -> Micros {
        self.base.clock().now()
    }

    /// Which part of a limit this instance keeps while it cannot ask.
    pub(crate) fn portion(&self) -> Option<Portion> {
        match self.settings.instances {
            Instances::Counted => self.parts().health.portion(),
            // Which of them it is nobody says: the last one, whose part is the smallest.
            Instances::Fixed(instances) => Some(Portion::new(u32::MAX, instances)),
        }
    }

    /// The store's time.
    pub(crate) fn store_now(&self) -> Micros {
        self.parts().time.at(self.now())
    }

    /// Whether decisions are made here, as far as it is known.
    pub(crate) fn is_degraded(&self) -> bool {
        self.parts().health.is_away() || self.state() != State::Closed
    }

    pub(crate) fn state(&self) -> State {
        self.parts().circuit.handle().snapshot().state
    }
}

impl Parts {
    fn new(base: &Base, settings: &Settings) -> Self {
        let (name, clock) = (base.name(), base.clock().clone());
        let Settings { config, budget, instance, .. } = *settings;
        let ResilienceConfig { circuit_breaker: circuit, retry, in_memory, .. } = config;
        let health = Arc::new(Health::default());
        let heard = Arc::clone(&health);
        let breaker = Breaker::new()
            .name(name)
            .clock(clock.clone())
            .consecutive_failures(circuit.failure_threshold)
            .open_for(circuit.reset_timeout)
            .open_at_most(circuit.reset_timeout.saturating_add(circuit.reset_timeout / 10))
            .jitter(Ratio::percent(10))
            .probes(1)
            .close_after(circuit.success_threshold)
            .probe_timeout(circuit.reset_timeout)
            .abandoned(Abandoned::FailsAfter(budget))
            .seed(instance)
            .on_state_change(move |event| {
                if event.to == State::Open {
                    heard.fail();
                }
                heard.bell.notify_one();
            });
        Self {
            circuit: breaker,
            retry: RetryLayer::new(retry.max_attempts)
                .backoff(backoff(&retry))
                .seed(instance)
                .name(name)
                .clock(clock.clone())
                .classify(Unsent),
            timeout: TimeoutLayer::new(budget).plain().name(name).clock(clock),
            health,
            memory: Memory::new(in_memory.max_entries),
            time: StoreTime::default(),
        }
    }
}

fn backoff(config: &RetryConfig) -> Backoff {
    Backoff::exponential(config.initial_backoff)
        .factor(Factor::try_from(config.backoff_multiplier).unwrap_or_default())
        .max(config.max_backoff)
        .jitter(if config.use_jitter { Jitter::Full } else { Jitter::None })
}

impl<S: Send + Sync + 'static> Observe for Shared<S> {
    fn gauges(&self, put: &mut dyn FnMut(Metric, f64)) {
        let parts = self.parts();
        put("store_degraded".into(), f64::from(u8::from(self.is_degraded())));
        put("store_healthy".into(), f64::from(u8::from(parts.health.status() == Status::Up)));
        put("store_keys".into(), parts.memory.len() as f64);
    }

    fn settings(&self, put: &mut dyn FnMut(Metric, f64)) {
        let instances = self.portion().map_or(0, |portion| portion.instances().get());
        put("store_instances".into(), instances.into());
    }
}

/// What watches the store ends with its last clone.
impl<S> Drop for Shared<S> {
    fn drop(&mut self) {
        if let Some(watch) = self.watch.get_mut().take() {
            watch.abort();
        }
    }
}
