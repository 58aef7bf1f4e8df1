//! Circuit breakers as a tower layer.
//!
//! **When to use it.** Around whatever can fail for longer than a moment: a service across the
//! network, a database, another team. While it fails, calls to it are answered at once instead of
//! waiting in vain, and it is left alone until it has recovered. Inside a retry, so that retries end
//! when it opens; outside of the attempt's timeout, so that a service that hangs opens it.
//!
//! **When not.** Against too many callers there are rate limits and bulkheads; where a single call can
//! fail without saying anything of the next one (a bad input), there is nothing to break.
//!
//! ```
//! use std::time::Duration;
//! use palisade_breaker::{BreakerLayer, Host, Ratio, Trip};
//! use tower::ServiceBuilder;
//! # use http::{Request, Response};
//! # let client = tower::service_fn(|_: Request<String>| async {
//! #     Ok::<_, std::io::Error>(Response::new(String::new()))
//! # });
//!
//! let service = ServiceBuilder::new()
//!     .layer(
//!         BreakerLayer::new()
//!             .trip(Trip::failure_rate(Ratio::percent(30)).or(Trip::consecutive(10)))
//!             .open_for(Duration::from_secs(10))
//!             .name("payments")
//!             .by(Host),                                          // one for each host
//!     )
//!     .service(client);
//! # let _: &dyn tower::Service<Request<String>, Response = _, Error = _, Future = _> = &service;
//! ```
//!
//! A refused call is answered, not failed: 503 with `Retry-After` and `application/problem+json`, or
//! UNAVAILABLE with a pushback to a gRPC request. `.typed()`, `.plain()` and their siblings make it an
//! error instead. It says why, and when to come back: `circuit "payments" open for 8s (6 of 10 calls
//! failed); next probe in 2s`. Its [origin](palisade_core::Origin) is local: a breaker outside does not
//! count it.
//!
//! # States
//!
//! ```text
//!            the trip rule is met            the wait is over
//!   Closed ───────────────────────▶ Open ──────────────────────▶ HalfOpen ── as many probes as
//!     ▲                              ▲ the wait doubles            │    │    may be try it
//!     │                              └──── probes failed, or ──────┘    │
//!     │                                    took too long                │
//!     └──────── probes succeeded (all calls at once, or a ramp) ────────┘
//! ```
//!
//! `ForcedOpen` is by hand. A breaker that is switched off ([`enabled`](BreakerLayer::enabled)) or only
//! watches ([`enforce`](BreakerLayer::enforce) of zero) has these states all the same.
//!
//! # What opens it
//!
//! | rule | when |
//! |---|---|
//! | [`Trip::failure_rate`] | a share of the calls in the [`Window`] failed (the default: half of at least 20 in 10 s) |
//! | [`Trip::slow_rate`] | a share of them took too long |
//! | [`Trip::consecutive`] | so many failed with no success between |
//! | [`Trip::raised`] | significantly more fail than [usually do](Raised) |
//! | [`BreakerLayer::throttle`] | it does not open: it refuses as many as the service would ([`Throttle`]) |
//!
//! Several are one with [`Trip::or`]. Counts are exact, comparisons inclusive. A window of calls slides
//! with each call; one of time moves on by a tenth of itself.
//!
//! # What counts
//!
//! [The rules of every layer](palisade_core::classify): errors and HTTP 5xx are failures; of gRPC,
//! UNKNOWN, DEADLINE_EXCEEDED, INTERNAL and UNAVAILABLE, which may only come with the stream's end; what
//! a layer inside refused before it was sent counts for nothing, what it sent and cut short is a
//! failure. An error of `poll_ready` is a failure, too. 429 and RESOURCE_EXHAUSTED are no failure, but
//! no proof of a recovery either. [`classify_by`](BreakerLayer::classify_by) says otherwise.
//!
//! Who ended late, when the breaker had changed meanwhile, counts for nothing.
//!
//! # Without tower
//!
//! [`Breaker`] is the breaker by itself: `call`, `try_acquire`, or `allow_request` with
//! `record_success` and `record_failure`.
//!
//! # Differences from other breakers
//!
//! Of those that `docs/compare.md` looks at: half-open, exactly as many calls pass as are probes, and
//! one that is dropped gives its place back; a call that is cut from outside is not overlooked
//! ([`Abandoned`]); a window of calls slides; the state is in the layer's value and not in each service
//! that it makes. tower itself has no breaker.
//!
//! # Cancellation
//!
//! Dropping the future drops the inner one; the call was [`Abandoned`]. A probe that is dropped gives
//! its place to the next call. Nothing can be lost: a probe whose end is never heard loses its place
//! after [`probe_timeout`](BreakerLayer::probe_timeout).
//!
//! # Cost
//!
//! A call that passes and succeeds takes no lock, allocates nothing, counts no references and writes to
//! no memory that other threads write to: the state is read, and the success counted on its own thread.
//! A window of time needs one reading of the clock, at the end of the call; one of calls needs none, and
//! one locked instruction while there is a failure in it; [`Trip::slow_rate`] needs two readings. A failure costs a
//! few locked instructions and a load per thread; a change of state, a lock. With keys, each call locks
//! the shard of its key and counts a reference.
//! `cargo xtask bench breaker` measures it beside its peers; `docs/compare.md` has the figures.

mod breaker;
mod call;
mod circuit;
mod counters;
mod desk;
mod events;
mod evidence;
mod future;
mod handle;
mod layer;
mod machine;
#[doc(hidden)]
pub mod model;
mod plan;
mod recovery;
mod service;
mod setters;
mod settings;
mod settle;
mod shared;
mod state;
mod trip;

pub mod config;

pub use palisade_core::classify::{BoxErrors, Verdict};
pub use palisade_core::key::Missing;
pub use palisade_core::{Cause, Global, Header, Host, Key, KeyBy, Method, Ratio, Rejection, Route};

pub use self::breaker::{Breaker, Permit};
pub use self::config::BreakerConfig;
pub use self::events::Events;
pub use self::future::ResponseFuture;
pub use self::handle::{BreakerHandle, KeySnapshot, Snapshot};
pub use self::layer::BreakerLayer;
pub use self::service::CircuitBreaker;
pub use self::settings::{Abandoned, Settings, Window};
pub use self::state::{Event, State};
pub use self::trip::{Raised, Throttle, Trip};
