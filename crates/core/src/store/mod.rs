//! Where limits are kept.
//!
//! A limit is data (a [`Policy`]: which algorithm, with which numbers); a store executes it. There
//! is one operation, decided inside the store, and all charges of a call are committed together or
//! not at all.
//!
//! Memory is the default and answers at once, without allocation: see [`Table`]. Any other
//! [`Store`] answers in its own time, and a layer holds it as [`AnyStore`], so that a layer's type
//! does not say where its limits are kept.

mod error;
mod memory;
mod policy;
mod table;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use self::error::StoreError;
pub use self::memory::MemoryStore;
pub use self::policy::Policy;
pub use self::table::{Entry, Place, Table};
use crate::Micros;
use crate::algorithm::{Op, Outcome};

/// One limit of a call: whose, which, how much.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Whose limit it is, spelled out: unique for this limit among all that use the store.
    pub key: Arc<str>,
    /// The limit.
    pub policy: Policy,
    /// How many units.
    pub units: u64,
    /// The caller's priority or service class.
    pub class: u8,
}

/// What a store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// One outcome per charge, in their order. If any is refused, none was charged.
    pub outcomes: Vec<Outcome>,
    /// The time by the store's clock.
    pub now: Micros,
}

impl Answer {
    /// Whether every limit lets the call pass.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.allowed)
    }
}

/// Keeps limits somewhere.
///
/// Write `async fn execute` in an implementation. A caller may drop the future at any time: whether
/// the charge happened is then unknown, as with [`StoreError::Unknown`].
pub trait Store: Send + Sync + 'static {
    /// Executes `op` on all of `charges`, committing all of them or none.
    ///
    /// # Errors
    /// The variants of [`StoreError`] tell whether the charges may have happened.
    fn execute(
        &self,
        op: Op,
        charges: Vec<Charge>,
    ) -> impl Future<Output = Result<Answer, StoreError>> + Send;
}

/// One store for several layers: clone the `Arc`.
impl<S: Store> Store for Arc<S> {
    fn execute(
        &self,
        op: Op,
        charges: Vec<Charge>,
    ) -> impl Future<Output = Result<Answer, StoreError>> + Send {
        (**self).execute(op, charges)
    }
}

/// A store of any kind.
#[derive(Clone)]
pub struct AnyStore(Arc<dyn Erased>);

/// The future of a store of any kind.
pub type Execution = Pin<Box<dyn Future<Output = Result<Answer, StoreError>> + Send>>;

trait Erased: Send + Sync {
    fn execute(self: Arc<Self>, op: Op, charges: Vec<Charge>) -> Execution;
}

impl<S: Store> Erased for S {
    fn execute(self: Arc<Self>, op: Op, charges: Vec<Charge>) -> Execution {
        Box::pin(async move { Store::execute(&*self, op, charges).await })
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
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStore")
    }
}
