//! The windows, the log and the shaper as pure arithmetic, and the plain bucket where what is
//! tested holds for all of them.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod change;
mod clock;
mod draw;
mod exact;
mod instances;
mod kept;
mod log;
mod model;
mod promise;
mod raise;
mod seen;
mod shaper;
mod state;
mod together;

#[path = "../support/mod.rs"]
mod support;
