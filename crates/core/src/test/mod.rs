//! Probes, scripted services and scripted bodies: what it takes to test a middleware.
//!
//! Behind the feature `test-util`. Nothing here is about Palisade's own layers; whoever writes a
//! [`tower::Layer`](tower_layer::Layer) can hold it to the same contract with the same parts.
//!
//! | to find out | use |
//! |---|---|
//! | whether a layer calls the instance that it readied, how often it clones, what it leaves behind | [`Probe`], [`ProbeLayer`] |
//! | what a layer does while the service inside it is not ready, fails, or takes its time | [`inner`] |
//! | the same, without having to answer by hand | [`echo`], [`ready`], [`after`], [`pending`], [`greedy`], [`panics`] |
//! | what a layer does to a response body | [`ScriptedBody`] |
//! | what is left when a caller goes away | [`drop_at_every_await`] |
//! | whether a layer polls more often than it must | [`count_polls`] |
//! | what a layer says to whoever runs the service | `Lines` (with the feature `tracing`) |
//! | whether the types are `Send`, `Sync`, `Clone` | [`assert_send_sync_clone`], [`assert_service`] |
//!
//! ```text
//!             ┌─ the layer under test ─┐
//!  the test ──┤                        ├── Probe ── Inner ┄┄ InnerHandle ── the test
//!             └────────────────────────┘     ┊
//!                                       ProbeHandle: counts
//! ```
//!
//! # Example: a layer that calls a clone of what it readied
//!
//! ```
//! use palisade_core::test::{Probe, echo};
//! use tower::{Service, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let mut service = Probe::new(echo());
//! let probe = service.handle();
//!
//! service.ready().await.unwrap();
//! let mut clone = service.clone();
//! clone.call("hello").await.unwrap();
//!
//! assert_eq!(probe.counts().violations, 1);
//! # }
//! ```

mod body;
mod canned;
mod drops;
mod inner;
#[cfg(feature = "tracing")]
mod lines;
mod polls;
mod probe;
mod traits;

pub use body::{BodyHandle, ScriptedBody, Step};
pub use canned::{Canned, CannedFuture, after, echo, greedy, panics, pending, ready};
pub use drops::drop_at_every_await;
pub use inner::{Call, Inner, InnerFuture, InnerHandle, inner};
#[cfg(feature = "tracing")]
pub use lines::Lines;
pub use polls::{CountPolls, Polls, count_polls};
pub use probe::{Counts, Probe, ProbeFuture, ProbeHandle, ProbeLayer};
pub use traits::{assert_layer, assert_send, assert_send_sync_clone, assert_service};
