//! The layer.

pub(crate) mod call;
pub(crate) mod future;
pub(crate) mod later;
pub(crate) mod service;
mod setters;

use std::fmt;
use std::sync::Arc;

use palisade_core::base::{self, edit, share};
use palisade_core::common_setters;
use tower_layer::Layer;

use crate::handle::RetryHandle;
use crate::judge::Standard;
use crate::layer::service::Retry;
use crate::repeat::Replay;
use crate::shared::Shared;

/// Makes calls again that failed, if another attempt may help and nobody is harmed by it.
///
/// The response and the error types stay as they are: when no further attempt is made, the caller gets
/// what the last one brought.
///
/// All state is in the layer's value: its clones and every service that it makes share the same budget.
/// A setter on a layer that already has a clone, a service or a handle starts afresh; those that choose
/// how outcomes are judged and requests repeated do not.
///
/// ```
/// use std::time::Duration;
/// use palisade_retry::{Backoff, RetryLayer};
///
/// let retry = RetryLayer::standard()
///     .max_attempts(4)
///     .backoff(Backoff::exponential(Duration::from_millis(50)).max(Duration::from_secs(2)))
///     .name("payments");
/// assert_eq!(retry.handle().snapshot().max_attempts, 4);
/// ```
#[derive(Clone)]
pub struct RetryLayer<J = Standard, K = Replay> {
    shared: Arc<Shared>,
    judge: J,
    repeat: K,
}

common_setters!(RetryLayer<J, K>, "retry");

impl RetryLayer {
    /// At most `max_attempts` attempts in all, the first included; 0 counts as 1.
    #[must_use]
    pub fn new(max_attempts: u32) -> Self {
        Self {
            shared: share(Shared::new(max_attempts)),
            judge: Standard,
            repeat: Replay::default(),
        }
    }

    /// Three attempts; 100 ms before the second, doubling, with full jitter; within a budget of 20 % of
    /// requests and ten a second.
    #[must_use]
    pub fn standard() -> Self {
        Self::new(3)
    }
}

impl<J, K> RetryLayer<J, K> {
    /// Reads and changes the retry while it is in use.
    #[must_use]
    pub fn handle(&self) -> RetryHandle {
        RetryHandle::new(Arc::clone(&self.shared))
    }

    /// The same state, for requests of another type.
    pub(crate) fn clone_with<K2>(&self, repeat: K2) -> RetryLayer<J, K2>
    where
        J: Clone,
    {
        RetryLayer { shared: Arc::clone(&self.shared), judge: self.judge.clone(), repeat }
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change), ..self }
    }
}

impl<S, J: Clone, K: Clone> Layer<S> for RetryLayer<J, K> {
    type Service = Retry<S, J, K>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry::new(inner, Arc::clone(&self.shared), self.judge.clone(), self.repeat.clone())
    }
}

/// Says the retry as a sentence.
impl<J, K> fmt::Debug for RetryLayer<J, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = base::Shared::base(&*self.shared).name();
        let attempts = self.shared.core().settings().max_attempts;
        write!(
            f,
            "RetryLayer({name:?}: {attempts} attempts, {:?})",
            self.shared.core().plan().backoff
        )
    }
}
