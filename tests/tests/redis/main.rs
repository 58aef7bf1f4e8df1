//! Redis as it fails: real servers that are killed, stopped, emptied, filled, demoted, cut off and moved, under
//! traffic.
//!
//! | module | holds |
//! |---|---|
//! | `servers`, `refusals`, `links`, `clusters` | a table of what may happen to a server, each row a test |
//! | `ordeal`, `verdict` | what is done in each, and what must hold whatever happens |
//! | `policies` | what each `Outage` makes of a server that is stopped |
//! | `shares` | what five instances admit together while it is |
//! | `processes` | what instances in processes of their own admit together |
//!
//! Servers take the time that they take, so time is real here. Nothing sleeps blindly: a test waits until it sees
//! what it has caused. What is measured is compared with a budget and with how late the machine itself
//! was meanwhile.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers are tests, too")]
#![allow(clippy::print_stdout, reason = "told when a test fails")]

mod clusters;
mod fleet;
mod lateness;
mod links;
mod noted;
mod ordeal;
mod policies;
mod processes;
mod published;
mod refusals;
mod servers;
mod shares;
mod traffic;
mod verdict;
