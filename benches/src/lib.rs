//! The harness that puts every layer beside its peers, in one run.
//!
//! What is measured is the time that a layer *adds* to a bare service which is always ready, so that
//! figures of different layers can be added up; and beside every figure stands a hand-written floor,
//! the least that a correct implementation could cost, so that they mean something on any machine.
//!
//! ```text
//! round 1:  bare  floor  palisade  peer  peer      every sample a few milliseconds
//! round 2:  bare  floor  palisade  peer  peer
//! …
//! ```
//!
//! Why not criterion: it measures one function after another, each over seconds. On a machine that is
//! shared, or that changes its frequency, the ratio of two figures taken half a minute apart is noise.
//! Here every round visits every contender, so that whatever disturbs one disturbs all.
//!
//! * [`Group`]: contenders that do the same job. One file a job in `benches/peers`.
//! * [`drive`] and [`svc`]: the loop that calls a service, and the services that are called.
//! * [`floor`]: the hand-written floors.
//! * [`alloc`], [`callgrind`]: allocations and instructions.
//! * [`footprint`]: memory per key.

pub mod alloc;
pub mod callgrind;
pub mod contended;
pub mod context;
pub mod drive;
pub mod floor;
pub mod footprint;
mod group;
pub mod keys;
mod measure;
mod options;
mod quiet;
mod report;
mod run;
mod stats;
pub mod svc;
mod table;

pub use self::footprint::Footprint;
pub use self::group::{Group, Role, Run};
pub use self::quiet::Scheduled;
pub use self::run::{Bench, Rounds, run};
