//! Limits that a fleet shares, kept in Redis.

mod config;
#[cfg_attr(not(test), expect(dead_code, reason = "the store that sends its commands comes next"))]
mod link;
mod near;
mod url;

pub use self::config::RedisConfig;
pub use self::near::{Leases, Refusals};
