//! The layer.

use std::fmt;
use std::sync::Arc;

use palisade_core::base::{self, edit, share};
use palisade_core::key::{ByFn, by_fn};
use palisade_core::store::{AnyStore, Store};
use palisade_core::switch::Switch;
use palisade_core::{Clock, Global, Head, Http, Key, Name, Quota, Ratio, response_modes};
use tower_layer::Layer;

use crate::handle::RateLimitHandle;
use crate::options::{Headers, Missing, Outage};
use crate::service::RateLimit;
use crate::shared::Shared;

/// Limits the rate of requests: 429, or RESOURCE_EXHAUSTED, to those beyond the quota.
///
/// All state is in the layer's value: its clones and every service that it makes share the same
/// buckets, however often a host applies it. Build a second layer for a second limit. A setter on a
/// layer that already has a clone, a service or a handle starts a fresh limit; the methods that
/// choose what a refusal becomes (`typed` and so on) keep it.
///
/// ```
/// use palisade_ratelimit::{ClientIp, RateLimitLayer, per_second};
///
/// let limit = RateLimitLayer::new(per_second(100).burst(200)).by(ClientIp::peer()).name("api");
/// let handle = limit.handle();
/// handle.set_quota(per_second(50));
/// assert_eq!(handle.snapshot().quota, per_second(50));
/// ```
#[derive(Clone)]
pub struct RateLimitLayer<K = Global, R = Http> {
    shared: Arc<Shared>,
    by: K,
    respond: R,
}

response_modes!(RateLimitLayer<K, *>);

impl RateLimitLayer {
    /// A limit of `quota` on all requests together, as a token bucket; see [`by`](Self::by).
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self::with(share(Shared::new(quota)), Global, Http)
    }
}

impl<K, R> RateLimitLayer<K, R> {
    pub(crate) const fn with(shared: Arc<Shared>, by: K, respond: R) -> Self {
        Self { shared, by, respond }
    }

    /// Gives each of `by`'s keys a bucket of its own: per client, per header, per route.
    #[must_use]
    pub fn by<K2>(self, by: K2) -> RateLimitLayer<K2, R> {
        let Self { shared, respond, .. } = self.edit(|_| {});
        RateLimitLayer { shared, by, respond }
    }

    /// Gives each key that `key` finds in a request's head a bucket of its own.
    ///
    /// ```
    /// use palisade_ratelimit::{Key, RateLimitLayer, per_minute};
    ///
    /// RateLimitLayer::new(per_minute(600)).by_fn(|head| head.header("x-api-key").map(Key::from));
    /// ```
    #[must_use]
    pub fn by_fn<F>(self, key: F) -> RateLimitLayer<ByFn<F>, R>
    where
        F: for<'a> Fn(&Head<'a>) -> Option<Key<'a>>,
    {
        self.by(by_fn(key))
    }

    /// Names the limit, in metrics, messages and headers; `"default"` unless set.
    #[must_use]
    pub fn name(self, name: impl Into<Name>) -> Self {
        let name = name.into();
        self.edit(|shared| base::Shared::base_mut(shared).set_name(name))
    }

    /// Switches the limit on (the default) or off: then every request goes straight through.
    #[must_use]
    pub fn enabled(self, enabled: bool) -> Self {
        self.edit(|shared| shared.set_switch(|switch| Switch { enabled, ..switch }))
    }

    /// Acts on this share of refusals only; all unless set. The rest pass and are counted as
    /// `shadowed`: with [`Ratio::ZERO`] the limit is tried out and nobody is refused. Responses have
    /// their headers all the same, so that clients can get used to it; [`Headers::None`] hides it.
    #[must_use]
    pub fn enforce(self, share: Ratio) -> Self {
        self.edit(|shared| shared.set_switch(|switch| Switch { enforce: share, ..switch }))
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        self.edit(|shared| {
            base::Shared::base_mut(shared).set_clock(clock);
            shared.restart();
        })
    }

    /// How many keys are remembered at most; a million unless set, 0 counts as 1. Beyond that, new
    /// keys first take the place of keys whose bucket is full again, then share one bucket.
    #[must_use]
    pub fn max_keys(self, most: usize) -> Self {
        self.edit(|shared| {
            shared.fixed.most_keys = most;
            shared.restart();
        })
    }

    /// Which headers tell clients about their quota; [`Headers::Ietf`] unless set.
    #[must_use]
    pub fn headers(self, headers: Headers) -> Self {
        self.edit(|shared| shared.fixed.headers = headers)
    }

    /// What happens to a request that has no key; [`Missing::Shared`] unless set.
    #[must_use]
    pub fn on_missing(self, missing: Missing) -> Self {
        self.edit(|shared| shared.fixed.missing = missing)
    }

    /// Lets CORS preflights pass without taking anything (the default), or counts them like any
    /// request. A browser sends them unasked, and a refused one fails the request behind it. Who is
    /// no browser can send as many as it likes: count them where nothing inside answers them.
    #[must_use]
    pub fn skip_preflights(self, skip: bool) -> Self {
        self.edit(|shared| shared.fixed.skip_preflights = skip)
    }

    /// Keeps the limit in `store` instead of this process's memory, so that a fleet shares it.
    ///
    /// The store knows a limit by its name: name it, since limits of one name in one store are one
    /// limit. To give several layers one store, give each a clone of its `Arc`.
    #[must_use]
    pub fn store(self, store: impl Store) -> Self {
        let store = AnyStore::new(store);
        self.edit(|shared| shared.fixed.store = Some(store))
    }

    /// What happens when the store does not decide within 50 ms; [`Outage::Local`] unless set.
    #[must_use]
    pub fn on_outage(self, outage: Outage) -> Self {
        self.edit(|shared| shared.fixed.outage = outage)
    }

    /// Reads and changes the limit while it is in use.
    #[must_use]
    pub fn handle(&self) -> RateLimitHandle {
        RateLimitHandle::new(Arc::clone(&self.shared))
    }

    fn answering<R2>(self, respond: R2) -> RateLimitLayer<K, R2> {
        RateLimitLayer { shared: self.shared, by: self.by, respond }
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change), ..self }
    }
}

impl<S, K: Clone, R: Clone> Layer<S> for RateLimitLayer<K, R> {
    type Service = RateLimit<S, K, R>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimit::new(inner, Arc::clone(&self.shared), self.by.clone(), self.respond.clone())
    }
}

/// Says the limit as a sentence.
impl<K, R> fmt::Debug for RateLimitLayer<K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = base::Shared::base(&*self.shared).name();
        write!(f, "RateLimitLayer({name:?}: {})", self.shared.quota())
    }
}
