//! A bulkhead whose callers wait in `poll_ready`.

pub(crate) mod reservation;
pub(crate) mod service;

use std::fmt;
use std::sync::Arc;

use palisade_core::{Http, response_modes};
use tower_layer::Layer;

use self::reservation::Reservation;
use self::service::Backpressure;
use crate::handle::BulkheadHandle;
use crate::layer::front::Front;

/// Makes callers wait in `poll_ready` until they have a place; made by
/// [`BulkheadLayer::backpressure`](crate::BulkheadLayer::backpressure).
///
/// For clients: whatever balances on readiness (`tower::balance`, `Buffer`) sees a full service, and
/// turns to another one. On a server it does not help, since hosts clone the service for each
/// request and wait for it.
///
/// Nobody is refused for want of room: who waits is an instance of the service, waits as long as it
/// must, and is not counted against the `max_queued` of whoever shares the bulkhead; it is counted as
/// `waiting` and `waited`, and comes in in turn with them. Only a call whose deadline has passed is refused.
/// All weigh 1, and share one bulkhead.
///
/// ```
/// use palisade_bulkhead::BulkheadLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let client = tower::service_fn(|_: ()| std::future::pending::<Result<(), String>>());
/// let limit = BulkheadLayer::new(1).plain().backpressure();
/// let mut first = ServiceBuilder::new().layer(&limit).service(client);
/// let mut second = first.clone();
///
/// let call = first.ready().await.unwrap().call(());
/// assert!(tokio_test::task::spawn(second.ready()).poll().is_pending());
/// drop(call);
/// second.ready().await.unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct BackpressureLayer<R = Http> {
    pub(crate) front: Arc<Front>,
    pub(crate) respond: R,
}

response_modes!(BackpressureLayer<*>);

impl<R> BackpressureLayer<R> {
    /// Reads and changes the bulkhead while it is in use.
    #[must_use]
    pub fn handle(&self) -> BulkheadHandle {
        BulkheadHandle::new(Arc::clone(&self.front.shared))
    }

    fn answering<R2>(self, respond: R2) -> BackpressureLayer<R2> {
        BackpressureLayer { front: self.front, respond }
    }
}

impl<S, R: Clone> Layer<S> for BackpressureLayer<R> {
    type Service = Backpressure<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let reservation = Reservation::none(Arc::clone(&self.front));
        Backpressure { inner, reservation, respond: self.respond.clone() }
    }
}

impl<R> fmt::Debug for BackpressureLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BackpressureLayer({} at once)", self.front.shared.settings().max_concurrent)
    }
}
