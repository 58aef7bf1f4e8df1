//! Hedges: a second request when the answer to the first takes long.
//!
//! **When to use it.** Around a client of a service with many instances, of which now and then one is
//! slow, for reads whose latency matters (J. Dean and L. A. Barroso, "The Tail at Scale", 2013). Not
//! where all requests are slow together: then a second one makes it worse, and the budget ends it.
//!
//! ```
//! use std::time::Duration;
//! use palisade_retry::HedgeLayer;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! # use std::sync::atomic::{AtomicU32, Ordering};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), std::io::Error> {
//! # let calls = AtomicU32::new(0);
//! let uneven = service_fn(|_: &'static str| {
//!     let slow = calls.fetch_add(1, Ordering::Relaxed) == 0;
//!     async move {
//!         tokio::time::sleep(Duration::from_millis(if slow { 900 } else { 10 })).await;
//!         Ok::<_, std::io::Error>(if slow { "the first" } else { "the second" })
//!     }
//! });
//! let hedge = HedgeLayer::after(Duration::from_millis(50)).plain();
//! let mut service = ServiceBuilder::new().layer(hedge).service(uneven);
//! assert_eq!(service.ready().await?.call("which?").await?, "the second");
//! # Ok(())
//! # }
//! ```
//!
//! The first request goes on when the second one is sent, and the first answer counts; the other
//! request is dropped. An error does not: while the other request is under way, its answer may still
//! come, but nobody waits beyond the deadline for a second request that could not be sent. If both fail, the
//! caller gets what the first one brought. A call that fails before it is slow is
//! not hedged: put a retry outside for that, and give it the same budget.
//!
//! What is an answer and what may be sent twice is as for a [retry](crate): see [`judge`](crate::judge)
//! and [`repeat`](crate::repeat). A gRPC call is only sent twice if it is marked as
//! [`Idempotent`](crate::Idempotent), or by [`idempotent_by`](HedgeLayer::idempotent_by).
//!
//! # Cancellation
//!
//! Dropping the future drops both requests.
//!
//! # Cost
//!
//! A call that is quick: a clone of the inner service, and of the request's head and body, and one of
//! tokio's timers if it has to wait; with a delay that is learnt, the clock is read twice and the time
//! counted. The second request is in a box.

mod core;
mod future;
mod handle;
mod latencies;
mod second;
mod service;
mod setters;
mod shared;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::base::{self, edit, share};
use palisade_core::text::duration;
use palisade_core::{Ratio, common_setters};
use tower_layer::Layer;

use self::core::Delay;
pub use self::future::ResponseFuture;
pub use self::handle::{HedgeHandle, Snapshot};
pub use self::service::Hedge;
use self::shared::Shared;
use crate::judge::Standard;
use crate::repeat::Replay;

/// Sends a second request when the answer to the first takes long, and takes the answer that comes first.
///
/// The response and the error types stay as they are. All state is in the layer's value: its clones and
/// every service that it makes share the same budget and the same times. A setter on a layer that already
/// has a clone, a service or a handle starts afresh; those that choose how outcomes are judged and
/// requests repeated do not.
#[derive(Clone)]
pub struct HedgeLayer<J = Standard, K = Replay> {
    shared: Arc<Shared>,
    judge: J,
    repeat: K,
}

common_setters!(HedgeLayer<J, K>, "hedge");

impl HedgeLayer {
    /// Sends a second request after so long. Timers are accurate to a millisecond, and never early.
    #[must_use]
    pub fn after(delay: Duration) -> Self {
        Self::with(Delay::Fixed(delay.into()))
    }

    /// Sends a second request when a call takes longer than this share of the calls of the last minute
    /// did, and none before a hundred of them have told.
    ///
    /// ```
    /// use palisade_retry::{HedgeLayer, Ratio};
    ///
    /// let hedge = HedgeLayer::percentile(Ratio::percent(95)).name("search");
    /// assert_eq!(hedge.handle().snapshot().delay, None, "nobody has called yet");
    /// ```
    #[must_use]
    pub fn percentile(share: Ratio) -> Self {
        Self::with(Delay::Share(share))
    }

    fn with(delay: Delay) -> Self {
        Self { shared: share(Shared::new(delay)), judge: Standard, repeat: Replay::default() }
    }
}

impl<J, K> HedgeLayer<J, K> {
    /// Reads and changes the hedge while it is in use.
    #[must_use]
    pub fn handle(&self) -> HedgeHandle {
        HedgeHandle::new(Arc::clone(&self.shared))
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change), ..self }
    }
}

impl<S, J: Clone, K: Clone> Layer<S> for HedgeLayer<J, K> {
    type Service = Hedge<S, J, K>;

    fn layer(&self, inner: S) -> Self::Service {
        Hedge::new(inner, Arc::clone(&self.shared), self.judge.clone(), self.repeat.clone())
    }
}

/// Says the hedge as a sentence.
impl<J, K> fmt::Debug for HedgeLayer<J, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = base::Shared::base(&*self.shared).name();
        write!(f, "HedgeLayer({name:?}: a second request after ")?;
        match self.shared.core().delay() {
            Delay::Fixed(delay) => write!(f, "{})", duration::display(delay.to_duration())),
            Delay::Share(share) => write!(f, "the time of {share} of calls)"),
        }
    }
}
