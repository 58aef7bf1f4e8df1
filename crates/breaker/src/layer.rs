//! The layer.

use std::fmt;
use std::sync::Arc;

use palisade_core::base::{self, edit, share};
use palisade_core::classify::{ClassifyBy, Standard, Verdict};
use palisade_core::key::{ByFn, Missing, by_fn};
use palisade_core::{Global, Head, Http, Key, response_modes};
use tower_layer::Layer;

use crate::handle::BreakerHandle;
use crate::service::CircuitBreaker;
use crate::setters::breaker_setters;
use crate::settings::{Settings, Window};
use crate::shared::Shared;
use crate::trip::{Throttle, Trip};

/// Refuses calls to a service that fails: 503, or UNAVAILABLE, until it has recovered.
///
/// All state is in the layer's value: its clones and every service that it makes share one breaker
/// (or one per key), however often a host applies it. A setter on a layer that already has a clone, a
/// service or a handle starts afresh; those that choose what a refusal becomes, what counts as a
/// failure and what happens without a key (`typed` and its siblings, `classify`, `on_missing`) do not.
///
/// ```
/// use std::time::Duration;
/// use palisade_breaker::{BreakerLayer, Ratio, State};
///
/// let layer = BreakerLayer::new()
///     .failure_rate(Ratio::percent(30))
///     .open_for(Duration::from_secs(10))
///     .name("payments");
/// assert_eq!(layer.handle().snapshot().state, State::Closed);
/// ```
#[derive(Clone)]
pub struct BreakerLayer<K = Global, R = Http, C = Standard> {
    shared: Arc<Shared>,
    by: K,
    respond: R,
    classify: C,
    missing: Missing,
}

response_modes!(BreakerLayer<K, *, C>);
breaker_setters!(BreakerLayer<K, R, C>);

impl BreakerLayer {
    /// One breaker for all calls, which opens when half of the calls of the last 10 s failed, of 20 at
    /// least; see [`by`](Self::by).
    #[must_use]
    pub fn new() -> Self {
        Self::on(share(Shared::new()))
    }

    /// Refuses a share of the calls instead of opening; looks at the last two minutes unless another
    /// window of time is set. See [`Throttle`].
    #[must_use]
    pub fn throttle(throttle: Throttle) -> Self {
        Self::new().settings(throttling(throttle))
    }

    pub(crate) fn on(shared: Arc<Shared>) -> Self {
        let missing = Missing::default();
        Self { shared, by: Global, respond: Http, classify: Standard, missing }
    }
}

/// What a throttle is set to.
pub(crate) fn throttling(throttle: Throttle) -> Settings {
    Settings {
        trip: Trip::never(),
        window: Window::Time(std::time::Duration::from_secs(120)),
        throttle: Some(throttle),
        ..Settings::default()
    }
}

impl Default for BreakerLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, R, C> BreakerLayer<K, R, C> {
    /// Gives each of `by`'s keys a breaker of its own: per host, per route, per endpoint.
    ///
    /// A breaker per key cannot know beforehand whose call comes next: it always readies the inner
    /// service, and an error of that counts for no key.
    ///
    /// ```
    /// use palisade_breaker::{BreakerLayer, Host};
    ///
    /// BreakerLayer::new().by(Host);
    /// ```
    #[must_use]
    pub fn by<K2>(self, by: K2) -> BreakerLayer<K2, R, C> {
        let Self { shared, respond, classify, missing, .. } = self.edit(|_| {});
        BreakerLayer { shared, by, respond, classify, missing }
    }

    /// Gives each key that `key` finds in a request's head a breaker of its own.
    #[must_use]
    pub fn by_fn<F>(self, key: F) -> BreakerLayer<ByFn<F>, R, C>
    where
        F: for<'a> Fn(&Head<'a>) -> Option<Key<'a>>,
    {
        self.by(by_fn(key))
    }

    /// What happens to a call that has no key; [`Missing::Shared`] unless set: such calls share a
    /// breaker.
    #[must_use]
    pub fn on_missing(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }

    /// Judges outcomes by other rules than [those](palisade_core::classify) of every layer.
    #[must_use]
    pub fn classify<C2>(self, classify: C2) -> BreakerLayer<K, R, C2> {
        let Self { shared, by, respond, missing, .. } = self;
        BreakerLayer { shared, by, respond, classify, missing }
    }

    /// Judges outcomes by what `verdict` says of the inner service's own response or error. It is
    /// cloned with each call: keep what it captures in an `Arc`.
    ///
    /// ```
    /// use palisade_breaker::{BreakerLayer, Verdict};
    ///
    /// // A search that finds nothing after all is no success.
    /// let layer = BreakerLayer::new().classify_by(|outcome: Result<&http::Response<String>, &std::io::Error>| {
    ///     match outcome {
    ///         Ok(response) if response.status() != 404 => Verdict::Success,
    ///         _ => Verdict::Failure,
    ///     }
    /// });
    /// ```
    #[must_use]
    pub fn classify_by<F, Res, Err>(self, verdict: F) -> BreakerLayer<K, R, ClassifyBy<F>>
    where
        F: Fn(Result<&Res, &Err>) -> Verdict,
    {
        self.classify(ClassifyBy(verdict))
    }

    /// Reads and changes the breaker while it is in use, and opens or closes it by hand.
    #[must_use]
    pub fn handle(&self) -> BreakerHandle {
        BreakerHandle::new(Arc::clone(&self.shared))
    }

    fn answering<R2>(self, respond: R2) -> BreakerLayer<K, R2, C> {
        let Self { shared, by, classify, missing, .. } = self;
        BreakerLayer { shared, by, respond, classify, missing }
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change), ..self }
    }
}

impl<S, K: Clone, R: Clone, C: Clone> Layer<S> for BreakerLayer<K, R, C> {
    type Service = CircuitBreaker<S, K, R, C>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreaker {
            inner,
            shared: Arc::clone(&self.shared),
            by: self.by.clone(),
            respond: self.respond.clone(),
            classify: self.classify.clone(),
            missing: self.missing,
            skipped: false,
        }
    }
}

/// Says the breaker's name and state.
impl<K, R, C> fmt::Debug for BreakerLayer<K, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = base::Shared::base(&*self.shared).name();
        let state = self.shared.desk.circuit.machine.glance().state();
        write!(f, "BreakerLayer({name:?}: {state})")
    }
}
