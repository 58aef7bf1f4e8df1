//! What is sent to a remote store.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::Key;
use palisade_core::algorithm::Op;
use palisade_core::base::Shared as _;
use palisade_core::store::{AnyStore, Charge, Policy, Store, StoreError};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::engine::Engine;
use crate::engine::call::{Call, Part};
use crate::shared::Shared;
use crate::shared::counters::CHARGE_ERRORS;

/// How long a store may take.
pub(crate) const BUDGET: Duration = Duration::from_millis(50);

/// A remote store, and what a call asks of it.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) store: AnyStore,
    pub(crate) charges: Vec<Charge>,
}

impl Shared {
    /// What the call asks of the store, if the limits are kept in one and may let something pass. A
    /// limit without a key is that of everybody.
    pub(crate) fn remote<'k>(
        &self,
        call: &Call,
        key: impl Fn(&Part) -> Option<Key<'k>>,
    ) -> Option<Remote> {
        let store = self.fixed.store.as_ref()?;
        if call.parts.iter().any(|part| part.units > 0 && self.terms(part).1.denies_all()) {
            return None;
        }
        Some(Remote { store: store.clone(), charges: self.charges(call, key) })
    }

    fn charges<'k>(&self, call: &Call, key: impl Fn(&Part) -> Option<Key<'k>>) -> Vec<Charge> {
        let charge = |part: &Part| {
            let name = self.label(part.limit);
            let mut subject = String::new();
            key(part).unwrap_or_else(Key::global).spell(&mut subject);
            let (policy, together) = match &self.engine {
                Engine::Single(single) => (Policy::new(name, single.gcra()), false),
                Engine::Several(several) => (several.policy(part, name), !several.is_sole),
            };
            let policy = policy.on_outage(self.outage_of(part.limit));
            let subject = Arc::from(subject);
            Charge { subject, policy, units: part.units, class: call.class, together }
        };
        call.parts.iter().map(charge).collect()
    }

    /// Forgets what `key` has taken, here and in the store.
    pub(crate) async fn forget(&self, key: Key<'_>) -> Result<(), StoreError> {
        let bucket = self.bucket(&key);
        self.engine.reset(bucket);
        let Some(store) = &self.fixed.store else { return Ok(()) };
        let charges = self.charges(&self.call_of(bucket, 0, None, 0), |_| Some(key.clone()));
        match timeout(BUDGET, store.reset(charges)).await {
            Ok(done) => done,
            Err(late) => Err(StoreError::Unknown(late.into())),
        }
    }
}

impl Remote {
    /// Sends what nobody waits for: a charge that became known late, the refund of a call that went
    /// away. It is counted if it cannot be sent, or is not done in time.
    pub(crate) fn send(&self, op: Op, charges: Vec<Charge>, shared: &Arc<Shared>) {
        let execution = self.store.execute(op, charges);
        let Ok(runtime) = Handle::try_current() else {
            return shared.base().meter().add(CHARGE_ERRORS);
        };
        let shared = Arc::clone(shared);
        runtime.spawn(async move {
            if !matches!(timeout(BUDGET, execution).await, Ok(Ok(_))) {
                shared.base().meter().add(CHARGE_ERRORS);
            }
        });
    }
}
