//! The store.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::algorithm::{Op, Portion};
use palisade_core::store::{Answer, Charge, Store, StoreError};
use palisade_core::{Clock, LayerError, Name};

use crate::ask::{Trouble, boxed};
use crate::circuit::Circuit;
use crate::config::ResilienceConfig;
use crate::health::HealthChecker;
use crate::shared::Shared;

/// A store that goes on deciding while the store in it is away.
///
/// Clones share it: its memory, its breaker, its health. A setter on one that is in use, or has a clone,
/// starts afresh around the same store.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::store::MemoryStore;
/// use palisade_ratelimit::{RateLimiter, per_second};
/// use palisade_resilient_store::ResilientStore;
///
/// let store = ResilientStore::new(MemoryStore::new()) // In earnest, one that instances share.
///     .budget(Duration::from_millis(20))
///     .name("limits");
/// assert!(store.health_checker().is_healthy());
/// ```
pub struct ResilientStore<S> {
    shared: Arc<Shared<S>>,
}

/// How many instances share the store, and so the limits in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Instances {
    /// As many as the store counts, with each health check. The default. An instance that has never heard
    /// of the store, or whose store does not count, keeps its limits in full.
    #[default]
    Counted,
    /// So many, always. Each keeps the part of the one that has least: of a window, the limit divided and
    /// rounded down, which is nothing if there are more instances than units.
    Fixed(NonZeroU32),
}

impl<S: Store> ResilientStore<S> {
    /// Around `store`, which may be away: it is asked when it is first needed.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self { shared: Shared::new(store).share() }
    }

    /// How the store is watched, and stood in for; [`ResilienceConfig::default`] unless set.
    #[must_use]
    pub fn config(self, config: ResilienceConfig) -> Self {
        self.edit(|shared| shared.1.config = config)
    }

    /// How long a decision may take in all, retries and the telling after an outage included; 50 ms unless
    /// set. The [deadline](palisade_core::CallContext) of the call is a bound, too. A layer waits for a
    /// store for 50 ms in any case.
    #[must_use]
    pub fn budget(self, budget: Duration) -> Self {
        self.edit(|shared| shared.1.budget = budget)
    }

    /// How many instances share the store; [`Instances::Counted`] unless set.
    #[must_use]
    pub fn instances(self, instances: Instances) -> Self {
        self.edit(|shared| shared.1.instances = instances)
    }

    /// What the store counts this instance by; at random unless set. All that is drawn by chance is drawn
    /// from it, so no two instances should have the same.
    #[must_use]
    pub fn instance(self, instance: u64) -> Self {
        self.edit(|shared| shared.1.instance = instance)
    }

    /// Names the store, in metrics and messages; `"default"` unless set.
    #[must_use]
    pub fn name(self, name: impl Into<Name>) -> Self {
        let name = name.into();
        self.edit(|shared| shared.0.set_name(name))
    }

    /// Reads the time from `clock`. Timers are tokio's in any case.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        self.edit(|shared| shared.0.set_clock(clock))
    }

    /// The store's circuit breaker.
    #[must_use]
    pub fn circuit_breaker(&self) -> Circuit {
        Circuit::new(self.shared.parts().circuit.clone())
    }

    /// What health checks say of the store. They begin with the first decision in a tokio runtime, and end
    /// with the last clone.
    #[must_use]
    pub fn health_checker(&self) -> HealthChecker {
        HealthChecker(Arc::clone(&self.shared.parts().health))
    }

    /// Whether decisions are made without the store at the moment: a health check did not find it, or its
    /// breaker is not closed.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.shared.is_degraded()
    }

    /// Which part of each limit this instance keeps in an outage; `None` if it keeps all of it.
    #[must_use]
    pub fn portion(&self) -> Option<Portion> {
        self.shared.portion()
    }

    /// The store inside.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.shared.store
    }

    /// Begins to watch the store, which else the first decision does.
    #[cfg(feature = "redis")]
    pub(crate) fn watch(&self) {
        self.shared.keep_watch();
    }

    fn edit(
        self,
        change: impl FnOnce((&mut palisade_core::base::Base, &mut crate::shared::Settings)),
    ) -> Self {
        Self { shared: Shared::edit(self.shared, |base, settings| change((base, settings))) }
    }
}

impl<S: Store> Store for ResilientStore<S> {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.shared.keep_watch();
        self.shared.decide(op, charges).await
    }

    /// A reset is not made without the store.
    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        self.shared.keep_watch();
        let shared = &*self.shared;
        let reset =
            || async { boxed(shared.store.reset(charges.clone())).await.map_err(Trouble::Store) };
        match shared.ask(reset).await {
            Ok(()) => {
                shared.parts().memory.forget(&charges);
                Ok(())
            }
            Err(LayerError::Inner(LayerError::Inner(Trouble::Store(error)))) => Err(error),
            Err(LayerError::Inner(LayerError::Rejected(late))) => {
                Err(StoreError::Unknown(late.into()))
            }
            Err(LayerError::Rejected(open)) => Err(StoreError::NotSent(open.into())),
            Err(_) => Err(StoreError::NotSent("the store was not asked".into())),
        }
    }

    async fn heartbeat(&self, instance: u64) -> Result<Option<Portion>, StoreError> {
        self.shared.store.heartbeat(instance).await
    }
}

impl<S> Clone for ResilientStore<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S: Store> fmt::Debug for ResilientStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResilientStore")
            .field("name", &self.shared.base.name())
            .field("degraded", &self.is_degraded())
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}
