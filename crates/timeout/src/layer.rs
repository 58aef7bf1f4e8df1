//! The layer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::base::{self, edit, share};
use palisade_core::text::duration;
use palisade_core::{Http, common_setters, response_modes};
use tower_layer::Layer;

use crate::handle::TimeoutHandle;
use crate::service::Timeout;
use crate::shared::{Settings, Shared};

/// Cuts calls that take too long: 504, or DEADLINE_EXCEEDED.
///
/// All state is in the layer's value: its clones and every service that it makes share the same
/// counts and the same handle. A setter on a layer that already has a clone, a service or a handle
/// starts afresh; the methods that choose what a timeout becomes (`typed` and so on) do not.
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
pub struct TimeoutLayer<R = Http> {
    shared: Arc<Shared>,
    respond: R,
}

response_modes!(TimeoutLayer<*>);
common_setters! {
    TimeoutLayer<R>, "timeout";
    /// Cuts this share of late calls only; all unless set. The rest run on and are counted as
    /// `shadowed` when they would have been cut: with [`Ratio::ZERO`](palisade_core::Ratio::ZERO) a
    /// timeout is tried out without anybody noticing.
    enforce
}

impl TimeoutLayer {
    /// Gives the inner service `head` for the head of its response; the body may take longer.
    ///
    /// Zero lets only those calls pass that are ready at once. Whole microseconds count; a timer is
    /// accurate to a millisecond, and never early.
    #[must_use]
    pub fn new(head: Duration) -> Self {
        Self { shared: share(Shared::new(head)), respond: Http }
    }
}

impl<R> TimeoutLayer<R> {
    /// Changes the time until the response's head.
    #[must_use]
    pub fn head(self, head: Duration) -> Self {
        self.edit(|shared| shared.set(|old| Settings { head: head.into(), ..old }))
    }

    /// Reads and changes the timeout while it is in use.
    #[must_use]
    pub fn handle(&self) -> TimeoutHandle {
        TimeoutHandle::new(Arc::clone(&self.shared))
    }

    fn answering<R2>(self, respond: R2) -> TimeoutLayer<R2> {
        TimeoutLayer { shared: self.shared, respond }
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change), ..self }
    }
}

impl<S, R: Clone> Layer<S> for TimeoutLayer<R> {
    type Service = Timeout<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Timeout::new(inner, Arc::clone(&self.shared), self.respond.clone())
    }
}

/// Says the timeout as a sentence.
impl<R> fmt::Debug for TimeoutLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = base::Shared::base(&*self.shared).name();
        let head = duration::display(self.shared.settings().head.to_duration());
        write!(f, "TimeoutLayer({name:?}: {head} until the response's head)")
    }
}
