//! Timeouts and deadlines as a tower layer.
//!
//! **When to use it.** Around everything that crosses a network, so that a dependency that hangs
//! does not hang its callers. Inside a breaker, so that a hanging dependency opens it; outside a
//! retry as well, if the whole is to end in time.
//!
//! ```
//! use std::time::Duration;
//! use palisade_timeout::TimeoutLayer;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), tower::BoxError> {
//! let hangs = service_fn(|_: &'static str| std::future::pending::<Result<(), std::io::Error>>());
//! let mut service =
//!     ServiceBuilder::new().layer(TimeoutLayer::new(Duration::from_secs(2)).plain()).service(hangs);
//!
//! let late = service.ready().await?.call("hello").await.unwrap_err();
//! let why = palisade_core::rejection(&late).expect("it was us");
//! assert_eq!(why.to_string(), r#"timed out: "default" got no answer within 2s (given up after 2s)"#);
//! # Ok(())
//! # }
//! ```
//!
//! A late call is answered, not failed: 504 with `application/problem+json`, or DEADLINE_EXCEEDED
//! to a gRPC request. `.typed()`, `.plain()` and their siblings make it an error instead. Its
//! [origin](palisade_core::Origin) is upstream: a breaker counts it, a retry repeats it.
//!
//! # Which time is what
//!
//! ```text
//! call                 head       frame     frame                         end
//!  ├──────────────────────┼──────────┼─────────┼─── ─── ───────────────────┤
//!  │◀─────── head ───────▶│◀─ idle ─▶│◀─ idle ▶│◀─ idle ─▶ ...             │
//!  │◀─────────────────────── total, the request's deadline ───────────────▶│
//! ```
//!
//! | time | from | to | if it is over | unless set |
//! |---|---|---|---|---|
//! | [`head`](TimeoutLayer::new) | the call | the response's head | 504, DEADLINE_EXCEEDED | it must be |
//! | [`idle`](TimeoutLayer::idle) | a wait for the body | its next frame, or its end | the body is cut | unlimited |
//! | [`total`](TimeoutLayer::total) | the call | the end of the body | 504, or the body is cut | unlimited |
//! | deadline | as the request says | the end of the body | as with `total`; 504 at once if it has passed | none |
//!
//! A body is cut by an error, which is the [`Rejection`](palisade_core::Rejection), so that no reader takes
//! it for a whole one; a gRPC body by trailers with the status. `text/event-stream`, responses with status
//! 101 and those to `CONNECT` have no end of their own, and are exempt from `total` and from the deadline
//! once their head is there; upgraded connections and tunnels from `idle`, too. In the modes for any service
//! (`plain` and its siblings) a response has no body: `total` and deadlines bound it as `head` does.
//!
//! Requests can have [times of their own](TimeoutLayer::times_by).
//!
//! # Deadlines
//!
//! - **A request brings one** in `grpc-timeout` if it is a gRPC call, else in `x-request-timeout-ms`; and the
//!   [`CallContext`](palisade_core::CallContext) has that of the layers outside. The earliest holds: a
//!   stranger's header can only take time away. What is malformed is ignored.
//!   [`read_deadline`](TimeoutLayer::read_deadline) switches the headers off.
//! - **A request that comes too late is not made**: it is refused as
//!   [`Reason::Expired`](palisade_core::Reason), whose origin is local.
//! - **Everything inside sees it** in the call context: until when the head must be there
//!   (`deadline`), and until when all of the answer (`end`). Bulkheads, limits that wait and timeouts inside
//!   obey. [`in_extensions`](TimeoutLayer::in_extensions) attaches it to the request as well.
//! - **It goes on** with gRPC calls, and with other requests that had the header before;
//!   [`send_deadline`](TimeoutLayer::send_deadline) changes that. What is sent is the end of the whole
//!   answer, never the time for the head: a server that was told that would end its streams by then.
//!
//! # Differences from `tower::timeout`
//!
//! The error type stays as it is; the answer is a response; no timer is registered for a call that
//! is ready at once; and it is on time over an inner future that always uses up tokio's budget
//! (tower's fires when that future pauses). From `tower_http::timeout`: an answer that is there at
//! the deadline is not thrown away, nor is a frame that came within its `idle` time while its reader was
//! busy; and a body takes a timer for each idle time that passes, not for each frame. From tonic's own `grpc-timeout`: it covers streams to their end, and is
//! DEADLINE_EXCEEDED and not CANCELLED.
//!
//! # Configuration
//!
//! [`config::TimeoutConfig`] is a layer as data; with the feature `serde` it is read from files. The
//! feature `tracing` makes an event of each timeout. [`TimeoutHandle`] changes all times at run time.
//!
//! # Cancellation
//!
//! Dropping the future drops the inner one, and dropping a body the inner one. A call that is cut has its
//! inner future or body dropped at once. All of these are counted. With [`detach`](TimeoutLayer::detach)
//! the inner call goes on to its end instead.
//!
//! # Runtime
//!
//! A call that has to wait needs tokio's timers: it panics outside of a tokio runtime, and in one
//! built without `enable_time`. A call that is ready at once needs neither.
//!
//! # Cost
//!
//! One clock read and a look at the headers' names, no allocation; for a call that has to wait another
//! clock read and one of tokio's timers. A body that is timed takes a box, a clock read for each frame that
//! `total` is asked about and for each wait, and one timer for each `idle` that passes, not for each
//! frame; a body that is at its end with its head takes nothing. A deadline that is sent on takes the
//! allocation of its header's value.
//! `cargo xtask bench timeout` measures it beside its peers; `docs/compare.md` has the figures.

mod begin;
pub mod config;
mod forward;
mod future;
mod handle;
mod layer;
mod pace;
mod run;
mod service;
mod setters;
mod shared;
mod tab;
mod timed;
mod times;

pub use self::forward::Forward;
pub use self::future::ResponseFuture;
pub use self::handle::{Snapshot, TimeoutHandle};
pub use self::layer::TimeoutLayer;
pub use self::run::{Attached, Detach, Detached, Run};
pub use self::service::Timeout;
pub use self::times::{Fixed, Times, TimesBy, Timing};
