//! The layer.

pub(crate) mod future;
pub(crate) mod gather;
pub(crate) mod load;
pub(crate) mod manner;
pub(crate) mod service;
pub(crate) mod setters;
pub(crate) mod stamp;
pub(crate) mod waiting;

use std::fmt;
use std::sync::Arc;

use palisade_core::base::{self, edit, share};
use palisade_core::key::{ByFn, by_fn};
use palisade_core::{Global, Head, Http, Key, Quota, common_setters, response_modes};
use tower_layer::Layer;

use crate::handle::RateLimitHandle;
use crate::layer::manner::{Front, Manner};
use crate::layer::service::RateLimit;
use crate::limit::asks::One;
use crate::limit::limits::{IntoLimits, Limits};
use crate::shared::Shared;

/// Limits the rate of requests: 429, or RESOURCE_EXHAUSTED, to those beyond the quota.
///
/// All state is in the layer's value: its clones and every service that it makes share the same
/// buckets, however often a host applies it. Build a second layer for a second limit. A setter on a
/// layer that already has a clone, a service or a handle starts a fresh limit; those that choose what
/// responses look like and whom the limit concerns (`typed` and its siblings, `headers`, `reset`,
/// `on_missing`, `skip_preflights`, `skip_paths`, `cost_by`, `quota_by`, `class_by`) keep it.
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
pub struct RateLimitLayer<K = Global, R = Http, A = One> {
    pub(crate) front: Arc<Front>,
    pub(crate) by: K,
    pub(crate) respond: R,
    pub(crate) asks: A,
}

response_modes!(RateLimitLayer<K, *, A>);
common_setters! {
    RateLimitLayer<K, R, A>, "limit";
    /// Acts on this share of refusals and delays only; on all unless set. The rest pass at once and
    /// are counted as `shadowed`: with [`Ratio::ZERO`](palisade_core::Ratio::ZERO) the limit is tried
    /// out and nobody is refused. Responses have their headers all the same, so that clients can get
    /// used to it; [`Headers::None`](crate::Headers::None) hides it.
    enforce
}

impl RateLimitLayer {
    /// A limit of `quota` on all requests together, as a token bucket; see [`by`](Self::by).
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self::with(quota)
    }

    /// A limit of any kind, or several that are one decision: see [`Limit`](crate::Limit) and
    /// [`Limits`].
    ///
    /// ```
    /// use palisade_ratelimit::{Limits, RateLimitLayer, SlidingLog, per_hour, per_minute, per_second};
    ///
    /// let strict = RateLimitLayer::with(SlidingLog::new(per_minute(5)));
    /// let both = RateLimitLayer::with(Limits::all([per_second(10), per_hour(1_000)]));
    /// ```
    #[must_use]
    pub fn with<L: IntoLimits>(limits: L) -> RateLimitLayer<L::Keys, Http, L::Asks> {
        let Limits { rules, by, asks } = Limits::all(limits);
        RateLimitLayer::on(share(Shared::new(rules)), by, asks)
    }
}

impl<K, A> RateLimitLayer<K, Http, A> {
    pub(crate) fn on(shared: Arc<Shared>, by: K, asks: A) -> Self {
        let front = Arc::new(Front { shared, manner: Manner::default() });
        Self { front, by, respond: Http, asks }
    }
}

impl<K, R, A> RateLimitLayer<K, R, A> {
    /// Gives each of `by`'s keys a bucket of its own: per client, per header, per route. If the
    /// limits had keys of their own, this one takes the place of all.
    #[must_use]
    pub fn by<K2>(self, by: K2) -> RateLimitLayer<K2, R, A> {
        let Self { front, respond, asks, .. } = self.edit(|_| {});
        RateLimitLayer { front, by, respond, asks }
    }

    /// Gives each key that `key` finds in a request's head a bucket of its own.
    ///
    /// ```
    /// use palisade_ratelimit::{Key, RateLimitLayer, per_minute};
    ///
    /// RateLimitLayer::new(per_minute(600)).by_fn(|head| head.header("x-api-key").map(Key::from));
    /// ```
    #[must_use]
    pub fn by_fn<F>(self, key: F) -> RateLimitLayer<ByFn<F>, R, A>
    where
        F: for<'a> Fn(&Head<'a>) -> Option<Key<'a>>,
    {
        self.by(by_fn(key))
    }

    /// Reads and changes the limit while it is in use.
    #[must_use]
    pub fn handle(&self) -> RateLimitHandle {
        RateLimitHandle::new(Arc::clone(&self.front.shared))
    }

    fn answering<R2>(self, respond: R2) -> RateLimitLayer<K, R2, A> {
        let Self { front, by, asks, .. } = self;
        RateLimitLayer { front, by, respond, asks }
    }

    pub(crate) fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        let Front { shared, manner } = Arc::unwrap_or_clone(self.front);
        let front = Arc::new(Front { shared: edit(shared, change), manner });
        Self { front, ..self }
    }
}

impl<S, K: Clone, R: Clone, A: Clone> Layer<S> for RateLimitLayer<K, R, A> {
    type Service = RateLimit<S, K, R, A>;

    fn layer(&self, inner: S) -> Self::Service {
        let (front, by) = (Arc::clone(&self.front), self.by.clone());
        RateLimit { inner, front, by, respond: self.respond.clone(), asks: self.asks.clone() }
    }
}

/// Says the limits as sentences.
impl<K, R, A> fmt::Debug for RateLimitLayer<K, R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = base::Shared::base(&*self.front.shared).name();
        write!(f, "RateLimitLayer({name:?}: ")?;
        for (at, quota) in self.front.shared.engine.quotas().into_iter().enumerate() {
            write!(f, "{}{quota}", if at > 0 { " and " } else { "" })?;
        }
        f.write_str(")")
    }
}
