//! Limits that a fleet shares, kept in Redis.

mod config;
mod key;
mod link;
mod near;
mod script;
mod scripted;
mod store;
mod url;

pub use self::config::RedisConfig;
pub use self::near::{Leases, Refusals};
pub use self::store::RedisStore;
