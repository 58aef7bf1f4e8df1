//! Further attempts: how long to wait before each ([`Backoff`]), and how many there may be
//! ([`Budget`]).

mod backoff;
mod budget;

pub use self::backoff::{Backoff, Factor, Jitter, Waits};
pub use self::budget::Budget;
