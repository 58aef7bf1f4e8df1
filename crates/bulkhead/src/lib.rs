//! Concurrency limits as a tower layer.
//!
//! **When to use it.** To bound how much runs *at once*: so that one slow dependency does not take all
//! of a server's memory and sockets, so that one tenant does not take them from the others, so that a
//! database sees no more queries than it has connections. To bound how much is done *per second*, use a
//! rate limit.
//!
//! ```
//! use std::time::Duration;
//! use palisade_bulkhead::BulkheadLayer;
//! use tower::ServiceBuilder;
//! # use http::{Request, Response};
//! # let handler = tower::service_fn(|_: Request<String>| async {
//! #     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
//! # });
//!
//! let service = ServiceBuilder::new()
//!     .layer(BulkheadLayer::new(100).max_queued(50).max_wait(Duration::from_millis(200)))
//!     .service(handler);
//! # let _: &dyn tower::Service<Request<String>, Response = _, Error = _, Future = _> = &service;
//! ```
//!
//! A refused call is answered, not failed: 503 with `application/problem+json`, or RESOURCE_EXHAUSTED
//! to a gRPC request. `.typed()`, `.plain()` and their siblings make it an error instead. Its
//! [origin](palisade_core::Origin) is local: a breaker does not count it.
//!
//! # Who comes in
//!
//! ```text
//!                    fits, and nobody waits
//!   call ───────────────────────────────────────────────▶ in ──▶ the response's body ends
//!    │                                                     ▲
//!    ├─ full ──▶ the queue, first come first served ───────┘
//!    │              │
//!    │              ├─ no turn within max_wait ──▶ queue_timeout
//!    │              └─ no turn, or no inner service that is ready, by the deadline ──▶ expired
//!    ├─ no queue ──▶ bulkhead_full
//!    ├─ the queue is full ──▶ queue_full
//!    └─ the deadline has passed already ──▶ expired
//! ```
//!
//! - what has places of its own: [`by`](BulkheadLayer::by), and what if nobody can tell:
//!   [`on_missing`](BulkheadLayer::on_missing);
//! - how many places a request takes: [`weight_by`](BulkheadLayer::weight_by);
//! - how many may wait, and for how long: [`max_queued`](BulkheadLayer::max_queued),
//!   [`max_wait`](BulkheadLayer::max_wait);
//! - how long a call has its place: [`until`](BulkheadLayer::until).
//!
//! The order is strict. A newcomer overtakes nobody, so a request that takes many places waits at the
//! front until there are so many, and those behind it wait with it.
//!
//! # Without Tower
//!
//! [`Bulkhead`] is the limit by itself: `try_acquire`, `acquire`, `call`, with weights.
//!
//! # Waiting in `poll_ready`
//!
//! [`backpressure`](BulkheadLayer::backpressure) makes callers wait before they call, as
//! `tower::limit::ConcurrencyLimit` does.
//!
//! # The other parts
//!
//! - [`adaptive`]: a limit that follows what it protects, for
//!   [`BulkheadLayer::adaptive`] and by itself;
//! - [`queue`]: a bounded queue that slows its producers down.
//!
//! # Configuration
//!
//! [`config::BulkheadConfig`] is a layer as data; with the feature `serde` it is read from files. The
//! feature `tracing` makes an event of each refusal. [`BulkheadHandle`] changes all numbers at run time.
//!
//! # Differences from `tower::limit::concurrency`
//!
//! The limit holds until the response's body has ended, and not only to its head. It refuses, after a
//! bounded wait in a bounded queue, and says which of the two was the matter. Its state is in the layer,
//! so it holds however often a host applies it. It tells callers apart, weighs requests, and can be
//! resized. From `tower::load_shed` around it: a full service answers, and the error type stays as it is.
//!
//! # Cancellation
//!
//! Dropping the future of a call that is in drops the inner future, then gives the place back;
//! dropping one that waits leaves the queue, and if its turn had come already it is the next one's. A
//! place is also given back when the future completes, however long it is kept, when the body that
//! holds it is dropped, and by a panic.
//!
//! # Runtime
//!
//! None is needed by a call that comes in at once, or is refused. Who waits needs tokio's timers, and
//! panics outside of a tokio runtime whose time is enabled, unless [`max_wait`](BulkheadLayer::max_wait)
//! is [`Duration::MAX`](std::time::Duration::MAX) and the call has no deadline.
//!
//! # Cost
//!
//! A call that comes in at once: one compare-and-swap, and one subtraction when it ends; no lock, no
//! allocation, and no look at the clock unless the call has a deadline. With keys: a look at the
//! clock, the lock of one of many shards, and a reference counted. A call that waits: a box, two or three
//! short locks, a clone of the service and one of tokio's timers; leaving the queue from its middle takes
//! O(log n). `cargo xtask bench` measures it beside its peers.

mod acquire;
pub mod adaptive;
mod backpressure;
mod bulkhead;
pub mod config;
mod gate;
mod handle;
mod layer;
mod learning;
#[cfg(loom)]
#[doc(hidden)]
pub mod model;
mod options;
mod permit;
pub mod queue;
mod room;
mod rooms;
mod shared;
mod stay;
mod turn;
mod weight;

pub use palisade_core::key::Missing;
pub use palisade_core::{
    ClientIp, Global, Header, Host, Key, KeyBy, Method, Ratio, Rejection, Route,
};

pub use self::acquire::{Acquire, Call};
pub use self::adaptive::{Adapt, Adaptive, Aimd, Gradient2};
pub use self::backpressure::BackpressureLayer;
pub use self::backpressure::service::Backpressure;
pub use self::bulkhead::Bulkhead;
pub use self::handle::BulkheadHandle;
pub use self::handle::snapshot::{KeySnapshot, Snapshot};
pub use self::layer::BulkheadLayer;
pub use self::layer::future::ResponseFuture;
pub use self::layer::service::BulkheadService;
pub use self::options::Until;
pub use self::permit::Permit;
pub use self::queue::BackpressureQueue;
pub use self::weight::{One, Weigh, WeightBy};
