//! A limit that follows what it protects.
//!
//! Nobody knows how many calls a dependency can take at once, and what was right in the morning is
//! wrong at night. An adaptive limit finds out from how its own calls fare: it grows while they are
//! served well, and shrinks as soon as they are not.
//!
//! ```text
//!              began, rtt, in flight, served or dropped
//!   call ends ──────────── Sample ────────────► Adaptive ──► Aimd, Gradient2 or your own Adapt
//!   call begins ◄───────── limit() ◄────────────┘ (one atomic read)
//! ```
//!
//! | algorithm | goes by | suits |
//! |---|---|---|
//! | [`Aimd`] | refusals, and a latency that you name | what says no when it has enough, or has a known latency goal |
//! | [`Gradient2`] | latency compared with what it usually is | what just becomes slow |
//!
//! **When not to use it.** If you know the number, say it: a fixed limit is easier to reason about. A
//! limit that is hardly ever reached learns nothing.
//!
//! ```
//! use std::time::Duration;
//! use palisade_bulkhead::adaptive::{Adaptive, Aimd, Outcome, Sample};
//! use palisade_core::Micros;
//!
//! let adaptive = Adaptive::new(Aimd::new(5, 200).threshold(Duration::from_millis(500)).start(40));
//! assert_eq!(adaptive.limit(), 40);
//!
//! // Forty calls in flight, and one of them was refused by the other side: 90 % of forty.
//! let rtt = Micros(20_000);
//! adaptive.record(&Sample { began: Micros(1), rtt, in_flight: 40, outcome: Outcome::Dropped });
//! assert_eq!(adaptive.limit(), 36);
//! ```
//!
//! # What every built-in algorithm promises
//!
//! - **Without load it neither grows nor shrinks.** The limit moves only on calls that had it in use:
//!   at least half of it was in flight when they began ([`Sample::uses`]).
//! - **It never shrinks in order to measure.** Algorithms that look for the smallest latency let few
//!   calls through now and then; these do not.
//! - **Abandoned calls say nothing.** A client that hangs up tells of itself ([`Sample::of`]).
//! - **The limit never leaves the bounds it was given**, and is never 0.
//! - **Integers only**: the same samples give the same limits on every machine, and no input makes it panic.
//!
//! # Cancellation
//!
//! Nothing here waits.
//!
//! # Cost
//!
//! A sample takes a lock that nobody waits for: whoever finds it taken leaves its sample out. Nothing
//! is allocated, and no clock is read: samples bring their time.

mod aimd;
mod bounds;
mod gradient;
mod limit;
mod long;
mod sample;
mod window;

pub use self::aimd::Aimd;
pub use self::gradient::Gradient2;
pub use self::limit::Adaptive;
pub use self::sample::{Adapt, Outcome, Sample};
