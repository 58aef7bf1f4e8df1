//! Limits that a fleet shares, kept in Redis.

mod config;
mod key;
mod link;
mod script;
mod store;
mod url;

pub use self::config::RedisConfig;
pub use self::store::RedisStore;
