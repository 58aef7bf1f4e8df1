//! What an instance answers by itself: refusals that it remembers, and units that it has taken ahead.

mod figures;
mod leases;
mod refusals;
mod soak;
mod support;
