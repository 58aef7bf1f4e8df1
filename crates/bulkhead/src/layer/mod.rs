//! The layer.

pub(crate) mod front;
pub(crate) mod future;
pub(crate) mod service;
mod setters;
pub(crate) mod waiting;

use std::fmt;
use std::sync::Arc;

use palisade_core::base::{self, edit, share};
use palisade_core::key::{ByFn, by_fn};
use palisade_core::{Global, Head, Http, Key, common_setters, response_modes};
use tower_layer::Layer;

use crate::backpressure::BackpressureLayer;
use crate::handle::BulkheadHandle;
use crate::layer::front::Front;
use crate::layer::service::BulkheadService;
use crate::shared::Shared;
use crate::weight::One;

/// Limits how many calls run at once: 503, or RESOURCE_EXHAUSTED, to those beyond it.
///
/// All state is in the layer's value: its clones and every service that it makes share the same
/// places, however often a host applies it. A setter on a layer that already has a clone, a service
/// or a handle starts a fresh bulkhead; those that choose what a refusal looks like and how calls are
/// treated (`typed` and its siblings, `until`, `on_missing`, `weight_by`, `weigh`) keep it.
///
/// ```
/// use std::time::Duration;
/// use palisade_bulkhead::BulkheadLayer;
///
/// let bulkhead = BulkheadLayer::new(100)
///     .max_queued(50)
///     .max_wait(Duration::from_millis(200))
///     .name("search");
/// let handle = bulkhead.handle();
/// handle.set_max_concurrent(80);
/// assert_eq!(handle.snapshot().max_concurrent, 80);
/// ```
#[derive(Clone)]
pub struct BulkheadLayer<K = Global, R = Http, W = One> {
    pub(crate) front: Arc<Front>,
    pub(crate) by: K,
    pub(crate) respond: R,
    pub(crate) weight: W,
}

response_modes!(BulkheadLayer<K, *, W>);
common_setters! {
    BulkheadLayer<K, R, W>, "bulkhead";
    /// Acts on this share of refusals and waits only; on all unless set. The rest pass at once,
    /// without a place, and are counted as `shadowed`: with
    /// [`Ratio::ZERO`](palisade_core::Ratio::ZERO) the bulkhead is tried out and nobody is refused.
    enforce
}

impl BulkheadLayer {
    /// Lets `max_concurrent` calls run at once, of whoever they are; see [`by`](Self::by). 0 lets
    /// nothing pass that weighs anything.
    ///
    /// Whoever finds it full is refused, unless there is a [queue](Self::max_queued).
    #[must_use]
    pub fn new(max_concurrent: u32) -> Self {
        Self::on(share(Shared::new(max_concurrent)))
    }

    pub(crate) fn on(shared: Arc<Shared>) -> Self {
        let front = Arc::new(Front::new(shared));
        Self { front, by: Global, respond: Http, weight: One }
    }
}

impl<R> BulkheadLayer<Global, R> {
    /// Makes callers wait in `poll_ready` instead of refusing them in `call`, as
    /// `tower::limit::ConcurrencyLimit` does: for clients whose stack balances on readiness.
    /// See [`BackpressureLayer`]; the places stay those of this layer.
    #[must_use]
    pub fn backpressure(self) -> BackpressureLayer<R> {
        BackpressureLayer { front: self.front, respond: self.respond }
    }
}

impl<K, R, W> BulkheadLayer<K, R, W> {
    /// Gives each of `by`'s keys as many places, and a queue, of its own: a bulkhead per client, per
    /// host, per route, per header.
    ///
    /// ```
    /// use palisade_bulkhead::{BulkheadLayer, Header};
    ///
    /// BulkheadLayer::new(10).by(Header("x-tenant"));
    /// ```
    #[must_use]
    pub fn by<K2>(self, by: K2) -> BulkheadLayer<K2, R, W> {
        let Self { front, respond, weight, .. } = self.edit(|_| {});
        BulkheadLayer { front, by, respond, weight }
    }

    /// Gives each key that `key` finds in a request's head as many places of its own.
    ///
    /// ```
    /// use palisade_bulkhead::{BulkheadLayer, Key};
    ///
    /// BulkheadLayer::new(10).by_fn(|head| head.header("x-tenant").map(Key::from));
    /// ```
    #[must_use]
    pub fn by_fn<F>(self, key: F) -> BulkheadLayer<ByFn<F>, R, W>
    where
        F: for<'a> Fn(&Head<'a>) -> Option<Key<'a>>,
    {
        self.by(by_fn(key))
    }

    /// Reads and changes the bulkhead while it is in use.
    #[must_use]
    pub fn handle(&self) -> BulkheadHandle {
        BulkheadHandle::new(Arc::clone(&self.front.shared))
    }

    fn answering<R2>(self, respond: R2) -> BulkheadLayer<K, R2, W> {
        let Self { front, by, weight, .. } = self;
        BulkheadLayer { front, by, respond, weight }
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        let Front { shared, missing, until } = Arc::unwrap_or_clone(self.front);
        let front = Arc::new(Front { shared: edit(shared, change), missing, until });
        Self { front, ..self }
    }
}

impl<S, K: Clone, R: Clone, W: Clone> Layer<S> for BulkheadLayer<K, R, W> {
    type Service = BulkheadService<S, K, R, W>;

    fn layer(&self, inner: S) -> Self::Service {
        let (front, by) = (Arc::clone(&self.front), self.by.clone());
        let (respond, weight) = (self.respond.clone(), self.weight.clone());
        BulkheadService { inner, front, by, respond, weight }
    }
}

/// Says the bulkhead as a sentence.
impl<K, R, W> fmt::Debug for BulkheadLayer<K, R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &*self.front.shared;
        write!(f, "BulkheadLayer({:?}: {})", base::Shared::base(shared).name(), shared.settings())
    }
}
