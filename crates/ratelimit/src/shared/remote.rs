//! What is sent to a remote store.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::algorithm::Op;
use palisade_core::base::Shared as _;
use palisade_core::store::{AnyStore, Charge};
use tokio::runtime::Handle;
use tokio::time::timeout;

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
