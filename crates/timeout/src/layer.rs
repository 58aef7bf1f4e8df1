//! The layer.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::base::{self, edit, share};
use palisade_core::{Head, Http, common_setters, response_modes};
use tower_layer::Layer;

use crate::handle::TimeoutHandle;
use crate::run::{Attached, Detached};
use crate::service::Timeout;
use crate::shared::Shared;
use crate::times::{Fixed, Times, TimesBy};

/// Cuts calls that take too long: 504, or DEADLINE_EXCEEDED; and bodies that do, by an error or by gRPC
/// trailers.
///
/// All state is in the layer's value: its clones and every service that it makes share the same
/// counts and the same handle. A setter on a layer that already has a clone, a service or a handle
/// starts afresh; the methods that choose what a timeout becomes (`typed` and so on), `times_by` and
/// `detach` do not.
///
/// ```
/// use std::time::Duration;
/// use palisade_timeout::TimeoutLayer;
///
/// let timeout = TimeoutLayer::new(Duration::from_secs(2)).name("search");
/// let handle = timeout.handle();
/// handle.set_head(Duration::from_secs(1));
/// assert_eq!(handle.snapshot().head, Duration::from_secs(1));
/// ```
#[derive(Clone)]
pub struct TimeoutLayer<R = Http, T = Fixed, D = Attached> {
    shared: Arc<Shared>,
    respond: R,
    times: T,
    run: PhantomData<fn() -> D>,
}

response_modes!(TimeoutLayer<*, T, D>);
common_setters! {
    TimeoutLayer<R, T, D>, "timeout";
    /// Cuts this share of late calls only; all unless set. The rest run on, bodies included, and are
    /// counted as `shadowed` once when they would have been cut: with
    /// [`Ratio::ZERO`](palisade_core::Ratio::ZERO) a timeout is tried out without anybody noticing. Below
    /// one no deadline is told to anybody, neither inside nor onwards.
    enforce
}

impl TimeoutLayer {
    /// Gives the inner service `head` for the head of its response; the body may take longer, unless there
    /// is an [`idle`](Self::idle) or a [`total`](Self::total) time.
    ///
    /// Zero lets only those calls pass that are ready at once. Whole microseconds count; a timer is
    /// accurate to a millisecond, and never early.
    #[must_use]
    pub fn new(head: Duration) -> Self {
        let shared = share(Shared::new(head));
        Self { shared, respond: Http, times: Fixed, run: PhantomData }
    }
}

impl<R, D> TimeoutLayer<R, Fixed, D> {
    /// Gives requests times of their own, as a closure says of their heads; `None`, and what it leaves
    /// unset, is the layer's.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_timeout::{Times, TimeoutLayer};
    ///
    /// TimeoutLayer::new(Duration::from_secs(2)).times_by(|head| match head.path() {
    ///     "/export" => Some(Times::new().head(Duration::from_secs(60))),
    ///     _ => None,
    /// });
    /// ```
    #[must_use]
    pub fn times_by<F>(self, times: F) -> TimeoutLayer<R, TimesBy<F>, D>
    where
        F: Fn(&Head<'_>) -> Option<Times>,
    {
        let Self { shared, respond, run, .. } = self;
        TimeoutLayer { shared, respond, times: TimesBy(times), run }
    }
}

impl<R, T> TimeoutLayer<R, T> {
    /// Lets the inner call go on to its end though it is late, or the caller is gone: for handlers that
    /// must finish what they have begun. What comes of it then is dropped.
    ///
    /// A call that is not ready at its first poll becomes a task of the current tokio runtime, with the
    /// [`CallContext`](palisade_core::CallContext) and the [`Bill`](palisade_core::Bill) that it had. Until
    /// it is polled for the first time it has not begun, and is dropped with its future. A panic in it is
    /// one of the caller, if there still is a caller. If the runtime shuts down, the call ends there, and a
    /// caller on another runtime is answered as if the call were late. A body is not part of the call: it is
    /// dropped with whoever reads it.
    ///
    /// The inner future and its output must be `Send` and `'static`. Costs a box per call, and a task if it
    /// has to wait.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_timeout::TimeoutLayer;
    ///
    /// TimeoutLayer::new(Duration::from_secs(2)).detach();
    /// ```
    #[must_use]
    pub fn detach(self) -> TimeoutLayer<R, T, Detached> {
        let Self { shared, respond, times, .. } = self;
        TimeoutLayer { shared, respond, times, run: PhantomData }
    }
}

impl<R, T, D> TimeoutLayer<R, T, D> {
    /// Reads and changes the timeout while it is in use.
    #[must_use]
    pub fn handle(&self) -> TimeoutHandle {
        TimeoutHandle::new(Arc::clone(&self.shared))
    }

    fn answering<R2>(self, respond: R2) -> TimeoutLayer<R2, T, D> {
        let Self { shared, times, run, .. } = self;
        TimeoutLayer { shared, respond, times, run }
    }

    pub(crate) fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change), ..self }
    }
}

impl<S, R: Clone, T: Clone, D> Layer<S> for TimeoutLayer<R, T, D> {
    type Service = Timeout<S, R, T, D>;

    fn layer(&self, inner: S) -> Self::Service {
        let (shared, respond) = (Arc::clone(&self.shared), self.respond.clone());
        Timeout { inner, shared, respond, times: self.times.clone(), run: PhantomData }
    }
}

/// Says the timeout as a sentence.
impl<R, T, D> fmt::Debug for TimeoutLayer<R, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = base::Shared::base(&*self.shared).name();
        write!(f, "TimeoutLayer({name:?}: {})", self.shared.settings())
    }
}
