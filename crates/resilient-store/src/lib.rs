//! Limits that survive the outages of their store.

mod ask;
mod circuit;
mod counters;
mod health;
mod memory;
mod shared;
mod store;
mod time;
mod watch;

pub mod config;

pub use self::circuit::Circuit;
pub use self::config::ResilienceConfig;
pub use self::health::HealthChecker;
pub use self::store::{Instances, ResilientStore};
