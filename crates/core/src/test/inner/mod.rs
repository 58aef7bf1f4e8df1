//! [`inner`]: a service whose readiness and answers are in the test's hands.

use std::{
    fmt,
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::mpsc;
use tower_service::Service;

mod call;
mod gate;
mod handle;

use self::gate::{Gate, Pass};
pub use self::{
    call::{Call, InnerFuture},
    handle::InnerHandle,
};

/// A service that does what its [`InnerHandle`] says, and the handle.
///
/// It is ready until told otherwise, and every call waits in the handle for its answer. The
/// request, response and error types may be anything.
///
/// ```
/// use palisade_core::test::inner;
/// use tower::{Service, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (mut service, handle) = inner::<&str, &str, String>();
///
/// let answer = service.ready().await.unwrap().call("ping");
/// let call = handle.next_call().await;
/// assert_eq!(*call.request(), "ping");
/// call.respond("pong");
/// assert_eq!(answer.await, Ok("pong"));
///
/// // A caller who goes away is seen.
/// let answer = service.ready().await.unwrap().call("ping");
/// let call = handle.next_call().await;
/// drop(answer);
/// assert!(call.is_dropped());
/// # }
/// ```
#[must_use]
pub fn inner<Req, Res, Err>() -> (Inner<Req, Res, Err>, InnerHandle<Req, Res, Err>) {
    let gate = Arc::new(Gate::default());
    let (calls, received) = mpsc::unbounded_channel();
    let handle = InnerHandle::new(Arc::clone(&gate), received);
    (Inner { gate, calls, pass: None, types: PhantomData }, handle)
}

/// The service that [`inner`] makes. Clones are led by the same handle; a clone is never ready.
pub struct Inner<Req, Res, Err> {
    gate: Arc<Gate<Err>>,
    calls: mpsc::UnboundedSender<Call<Req, Res, Err>>,
    // What this instance's `poll_ready` got; goes back to the gate if the call never comes.
    pass: Option<Pass<Err>>,
    types: PhantomData<fn(Req) -> Res>,
}

impl<Req, Res, Err> Service<Req> for Inner<Req, Res, Err> {
    type Response = Res;
    type Error = Err;
    type Future = InnerFuture<Res, Err>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Err>> {
        if self.pass.is_none() {
            self.pass = Some(std::task::ready!(Gate::poll_enter(&self.gate, cx))?);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        if let Some(pass) = self.pass.take() {
            pass.spend();
        }
        let (call, future) = Call::new(request);
        // Without a handle nobody answers: the call hangs, like one to a host that went silent.
        let _ = self.calls.send(call);
        future
    }
}

impl<Req, Res, Err> Clone for Inner<Req, Res, Err> {
    fn clone(&self) -> Self {
        Self {
            gate: Arc::clone(&self.gate),
            calls: self.calls.clone(),
            // Readiness belongs to the instance that was polled.
            pass: None,
            types: PhantomData,
        }
    }
}

impl<Req, Res, Err> fmt::Debug for Inner<Req, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("ready", &self.pass.is_some()).finish_non_exhaustive()
    }
}
