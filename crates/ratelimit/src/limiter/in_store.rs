//! The rate limit as a primitive, in a store.

use std::sync::Arc;

use palisade_core::base::{self, edit};
use palisade_core::store::{AnyStore, Outage, Store, StoreError};
use palisade_core::{Global, Key, Name, Rejection};

use crate::handle::RateLimitHandle;
use crate::layer::RateLimitLayer;
use crate::limit::asks::One;
use crate::limiter::RateLimiter;
use crate::limiter::decision::Decision;
use crate::limiter::store_subject::StoreSubject;
use crate::limiter::subject::Subject;
use crate::shared::Shared;

/// A rate limit that is kept in a store, so that a fleet shares it. Clones share it.
///
/// It is [`RateLimiter`] for limits elsewhere, with the same operations; since a store takes its time
/// they are `async`, and they say [who decided](Decision::source). A store has 50 ms, and no longer
/// than the [deadline](palisade_core::CallContext) of the call; when it does not answer, what each
/// limit's [`Outage`] says happens at once.
///
/// ```
/// use palisade_core::store::MemoryStore;
/// use palisade_ratelimit::{RateLimiter, Source, per_minute};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// // Any store: this one stands for a Redis that the whole fleet asks.
/// let logins = RateLimiter::new(per_minute(2)).name("login").in_store(MemoryStore::new());
///
/// let decision = logins.check_key("alice").await?;
/// assert_eq!((decision.remaining(), decision.source), (1, Some(Source::Store)));
///
/// logins.of("alice").charge().await?;
/// let why = logins.check_key("alice").await.unwrap_err();
/// assert_eq!((why.name(), why.decider()), ("login", Some(Source::Store)));
///
/// logins.of("alice").reset().await?;
/// assert_eq!(logins.of("alice").peek().await?.remaining(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
///
/// # Cancellation
///
/// Of an operation that is dropped before its end it is not known whether the store has done it.
///
/// # Panics
///
/// Who waits for a store waits on a timer of tokio's, which panics outside of a tokio runtime whose
/// time is enabled.
///
/// # Cost
///
/// That of the store, a few allocations, and in an outage that of the limit in memory.
#[derive(Clone, Debug)]
pub struct StoreLimiter {
    shared: Arc<Shared>,
}

impl RateLimiter {
    /// Keeps the limit in `store` instead of this process's memory, so that a fleet shares it.
    ///
    /// The store knows a limit by its name: [name](Self::name) it, since limits of one name in one store
    /// are one limit. To give several limiters and layers one store, give each a clone of its `Arc`.
    #[must_use]
    pub fn in_store(self, store: impl Store) -> StoreLimiter {
        let store = AnyStore::new(store);
        let Self { shared } = self.edit(|shared| shared.fixed.store = Some(store));
        StoreLimiter { shared }
    }
}

impl StoreLimiter {
    /// Names the limit, in metrics, messages, headers and the store; `"default"` unless set.
    #[must_use]
    pub fn name(self, name: impl Into<Name>) -> Self {
        let name = name.into();
        Self { shared: edit(self.shared, |shared| base::Shared::set_name(shared, name)) }
    }

    /// What happens when the store does not decide within 50 ms; [`Outage::Share`] unless set. See
    /// [`RateLimitLayer::on_outage`].
    #[must_use]
    pub fn on_outage(self, outage: Outage) -> Self {
        Self { shared: edit(self.shared, |shared| shared.fixed.outage = outage) }
    }

    /// Takes one unit of the bucket that all callers share.
    ///
    /// # Errors
    /// As [`StoreSubject::check`].
    pub async fn check(&self) -> Result<Decision, Rejection> {
        self.everybody().check().await
    }

    /// Takes one unit of the bucket of `key`.
    ///
    /// # Errors
    /// As [`StoreSubject::check`].
    pub async fn check_key<'k>(&self, key: impl Into<Key<'k>>) -> Result<Decision, Rejection> {
        self.of(key).check().await
    }

    /// The bucket of `key`, with all that can be done to it.
    pub fn of<'k>(&self, key: impl Into<Key<'k>>) -> StoreSubject<'_, 'k> {
        StoreSubject(Subject::new(&self.shared, Some(key.into())))
    }

    /// The bucket that all callers share, with all that can be done to it.
    #[must_use]
    pub fn everybody(&self) -> StoreSubject<'_, 'static> {
        StoreSubject(Subject::new(&self.shared, None))
    }

    /// A layer on this limit, in this store.
    #[must_use]
    pub fn layer(&self) -> RateLimitLayer {
        self.layer_by(Global)
    }

    /// A layer on this limit, in this store, with a bucket for each of `by`'s keys.
    ///
    /// Of the layer's setters only those keep to this limit that choose what responses look like and
    /// whom it concerns; any other starts counts and an outage's buckets of the layer's own. In the
    /// store it is this limit as long as it has this name.
    #[must_use]
    pub fn layer_by<K>(&self, by: K) -> RateLimitLayer<K> {
        RateLimitLayer::on(Arc::clone(&self.shared), by, One)
    }

    /// Reads and changes the limit while it is in use.
    #[must_use]
    pub fn handle(&self) -> RateLimitHandle {
        RateLimitHandle::new(Arc::clone(&self.shared))
    }
}

impl RateLimitHandle {
    /// Gives a key its buckets back in full, here and in the [store](RateLimitLayer::store) if there is
    /// one: what a fleet counts of it. The bucket of callers without a key is that of
    /// [`Key::global`].
    ///
    /// # Errors
    /// The store cannot forget a single limit, or did not answer within 50 ms: then it may have
    /// forgotten.
    pub async fn reset_in_store<'k>(&self, key: impl Into<Key<'k>>) -> Result<(), StoreError> {
        self.shared().forget(key.into()).await
    }
}
