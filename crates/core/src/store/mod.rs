//! Where limits are kept.
//!
//! A limit is data (a [`Policy`]: which algorithm, with which numbers); a store executes it. There
//! is one operation, decided inside the store, and all charges of a call are committed together or
//! not at all.
//!
//! Memory is the default and answers at once, without allocation: see [`Table`]. Any other
//! [`Store`] answers in its own time, and a layer holds it as [`AnyStore`], so that a layer's type
//! does not say where its limits are kept.

mod any;
mod error;
mod memory;
mod outage;
mod policy;
mod table;

use std::future::{Future, ready};
use std::sync::Arc;

pub use self::any::{AnyStore, Execution};
pub use self::error::StoreError;
pub use self::memory::MemoryStore;
pub use self::outage::{Outage, Source};
pub use self::policy::{Kept, Policy};
pub use self::table::{Entry, Place, Table};
use crate::Micros;
use crate::algorithm::{Op, Outcome, Portion};

/// One limit of a call: whose, which, how much.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Whose limit it is, spelled out. A store tells limits apart by their policy's name and this.
    pub subject: Arc<str>,
    /// The limit.
    pub policy: Policy,
    /// How many units.
    pub units: u64,
    /// The caller's priority or service class.
    pub class: u8,
    /// Whether the limit is one of several that are decided together, most often of one subject: a
    /// store may keep them in one place. A limit's charges must all say the same.
    pub together: bool,
}

/// What a store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// One outcome per charge, in their order. If any is refused, none was charged.
    pub outcomes: Vec<Outcome>,
    /// The time by the store's clock.
    pub now: Micros,
    /// Who decided.
    pub source: Source,
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

    /// Forgets what the subjects of `charges` have taken of these limits. A store that cannot says
    /// so.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    fn reset(&self, charges: Vec<Charge>) -> impl Future<Output = Result<(), StoreError>> + Send {
        drop(charges);
        ready(Err(StoreError::Rejected("this store cannot forget a single limit".into())))
    }

    /// Tells the store that `instance` is there, and hears which of how many it is; `None` if the
    /// store does not count them. That it answers at all says that it can.
    ///
    /// Of a store with nothing better it is a decision on no limit.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    fn heartbeat(
        &self,
        instance: u64,
    ) -> impl Future<Output = Result<Option<Portion>, StoreError>> + Send {
        let _ = instance;
        async { self.execute(Op::Decide, Vec::new()).await.map(|_| None) }
    }
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

    fn reset(&self, charges: Vec<Charge>) -> impl Future<Output = Result<(), StoreError>> + Send {
        (**self).reset(charges)
    }

    fn heartbeat(
        &self,
        instance: u64,
    ) -> impl Future<Output = Result<Option<Portion>, StoreError>> + Send {
        (**self).heartbeat(instance)
    }
}
