//! A store of any kind, so that a layer's type does not say where its limits are kept.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{Answer, Charge, Store, StoreError};
use crate::algorithm::{Op, Portion};

/// A store of any kind.
#[derive(Clone)]
pub struct AnyStore(Arc<dyn Erased>);

/// The future of a store of any kind.
pub type Execution = Asked<Answer>;

type Asked<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

trait Erased: Send + Sync {
    fn execute(self: Arc<Self>, op: Op, charges: Vec<Charge>) -> Execution;
    fn reset(self: Arc<Self>, charges: Vec<Charge>) -> Asked<()>;
    fn heartbeat(self: Arc<Self>, instance: u64) -> Asked<Option<Portion>>;
}

impl<S: Store> Erased for S {
    fn execute(self: Arc<Self>, op: Op, charges: Vec<Charge>) -> Execution {
        Box::pin(async move { Store::execute(&*self, op, charges).await })
    }

    fn reset(self: Arc<Self>, charges: Vec<Charge>) -> Asked<()> {
        Box::pin(async move { Store::reset(&*self, charges).await })
    }

    fn heartbeat(self: Arc<Self>, instance: u64) -> Asked<Option<Portion>> {
        Box::pin(async move { Store::heartbeat(&*self, instance).await })
    }
}

impl AnyStore {
    /// Hides the store's type.
    pub fn new(store: impl Store) -> Self {
        Self(Arc::new(store))
    }

    /// Executes `op` on all of `charges`, committing all of them or none.
    #[must_use]
    pub fn execute(&self, op: Op, charges: Vec<Charge>) -> Execution {
        Arc::clone(&self.0).execute(op, charges)
    }
}

impl Store for AnyStore {
    fn execute(
        &self,
        op: Op,
        charges: Vec<Charge>,
    ) -> impl Future<Output = Result<Answer, StoreError>> + Send {
        Self::execute(self, op, charges)
    }

    fn reset(&self, charges: Vec<Charge>) -> impl Future<Output = Result<(), StoreError>> + Send {
        Arc::clone(&self.0).reset(charges)
    }

    fn heartbeat(
        &self,
        instance: u64,
    ) -> impl Future<Output = Result<Option<Portion>, StoreError>> + Send {
        Arc::clone(&self.0).heartbeat(instance)
    }
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStore")
    }
}
