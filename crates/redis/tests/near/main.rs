//! What an instance answers by itself: refusals that it remembers, and units that it has taken ahead.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod figures;
mod leases;
mod refusals;
mod soak;
mod support;
