//! The way to Redis, over real servers.
