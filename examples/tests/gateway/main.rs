//! The gateway over real sockets. Both ends of a connection are ours, so that every wait is for
//! bytes or for an end, never for time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "its helpers are test code too")]

mod answers;
mod bodies;
mod breakers;
mod bulkheads;
mod config;
mod drive;
mod faults;
mod hop_by_hop;
mod introduction;
mod limits;
mod metrics;
mod policies;
mod redis;
mod retries;
mod shutdown;
mod support;
mod timeouts;
