//! The test's side of an `Inner`.

use std::{fmt, future::poll_fn, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::{call::Call, gate::Gate};

/// Leads an [`Inner`](super::Inner) and all its clones: their readiness, their answers.
///
/// One task at a time may wait for the next call.
pub struct InnerHandle<Req, Res, Err> {
    gate: Arc<Gate<Err>>,
    calls: Mutex<mpsc::UnboundedReceiver<Call<Req, Res, Err>>>,
}

impl<Req, Res, Err> InnerHandle<Req, Res, Err> {
    pub(super) fn new(
        gate: Arc<Gate<Err>>,
        calls: mpsc::UnboundedReceiver<Call<Req, Res, Err>>,
    ) -> Self {
        Self { gate, calls: Mutex::new(calls) }
    }

    /// Waits for a call. Never returns if every clone of the service is gone.
    ///
    /// # Cancel safety
    ///
    /// A call is either returned or still there for whoever asks next.
    pub async fn next_call(&self) -> Call<Req, Res, Err> {
        match poll_fn(|cx| self.calls.lock().poll_recv(cx)).await {
            Some(call) => call,
            None => std::future::pending().await,
        }
    }

    /// The next call, if one has been made.
    #[must_use]
    pub fn try_next_call(&self) -> Option<Call<Req, Res, Err>> {
        self.calls.lock().try_recv().ok()
    }

    /// Lets nobody become ready from now on. Who is ready stays so.
    ///
    /// ```
    /// use palisade_core::test::inner;
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (mut service, handle) = inner::<(), (), ()>();
    /// handle.hold();
    /// let mut waiting = tokio_test::task::spawn(service.ready());
    /// assert!(waiting.poll().is_pending() && handle.is_awaited());
    ///
    /// handle.open();
    /// assert!(waiting.is_woken() && waiting.poll().is_ready());
    /// # }
    /// ```
    pub fn hold(&self) {
        self.gate.set(Some(0));
    }

    /// Lets everybody become ready, which is how it starts.
    pub fn open(&self) {
        self.gate.set(None);
    }

    /// Lets `calls` instances become ready, each for one call, and then nobody.
    ///
    /// With `allow(1)` there is one instance that may be called: a middleware that readies one and
    /// waits for a clone of it to become ready, too, waits for ever. An instance that is dropped
    /// ready returns what it held.
    pub fn allow(&self, calls: usize) {
        self.gate.set(Some(calls));
    }

    /// Makes the next `poll_ready` return `error`, whoever polls.
    pub fn fail_readiness(&self, error: Err) {
        self.gate.fail(error);
    }

    /// Whether a `poll_ready` has returned `Pending` and has not been woken since.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.gate.is_awaited()
    }
}

impl<Req, Res, Err> fmt::Debug for InnerHandle<Req, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnerHandle")
            .field("is_awaited", &self.is_awaited())
            .finish_non_exhaustive()
    }
}
