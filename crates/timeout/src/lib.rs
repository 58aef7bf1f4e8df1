//! Timeouts as a tower layer.
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
//! Everything inside sees the deadline in [`CallContext::current`](palisade_core::CallContext).
//!
//! # Differences from `tower::timeout`
//!
//! The error type stays as it is; the answer is a response; no timer is registered for a call that
//! is ready at once; and it is on time over an inner future that always uses up tokio's budget
//! (tower's fires when that future pauses). From `tower_http::timeout`: an answer that is there at
//! the deadline is not thrown away.
//!
//! # Cancellation
//!
//! Dropping the future drops the inner one. A call that is cut has its inner future dropped at once.
//!
//! # Runtime
//!
//! A call that has to wait needs tokio's timers: it panics outside of a tokio runtime, and in one
//! built without `enable_time`. A call that is ready at once needs neither.
//!
//! # Cost
//!
//! One clock read, no allocation; for a call that has to wait another clock read and one of tokio's
//! timers.
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
