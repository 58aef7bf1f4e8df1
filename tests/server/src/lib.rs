//! Real Redis for tests, benches and examples: no part of what is published.
//!
//! ```
//! use palisade_test_server::Server;
//!
//! let server = Server::start();
//! server.command(&["SET", "greeting", "hello"]).unwrap();
//! assert_eq!(server.command(&["GET", "greeting"]).unwrap().text(), "hello");
//! assert!(server.url().starts_with("redis://127.0.0.1:"));
//! ```
//!
//! What does not start panics at its caller, with the reason and the server's log: a test that lacks its
//! server fails, it is never skipped. The program is the one that `PALISADE_REDIS_SERVER` names, else
//! `redis-server` or `valkey-server` on `PATH`; Redis 7 and later, and Valkey.
//!
//! | value | what it is |
//! |---|---|
//! | [`Server`] | one server: to kill, stop, restart, and to ask what it holds |
//! | [`Server::replica`] | another one that copies it |
//! | [`Cluster`] | several that share the slots: to move a slot, to lose a node |
//! | [`Sentinel`] | a primary, its replica, and three sentinels that fail over |
//! | [`Proxy`] | a link before any of them: to slow it down, to let it hang, to cut it |
//!
//! # What is left behind
//!
//! Nothing. A server is killed and its directory removed when its value is dropped, and so when a test
//! panics. A keeper beside each process does the same when the test's own process ends in any other way: by
//! an abort, a signal, or with the server in a `static`.
//!
//! # Many at once
//!
//! Each server has a port that no other one is given before it is dropped, in whatever process: while
//! it is down, too, so that it comes back where its clients look for it.
#![expect(clippy::panic, reason = "what cannot start ends the test that wants it, and says why")]

mod builder;
mod client;
mod cluster;
mod directory;
mod port;
mod process;
mod program;
mod proxy;
mod replica;
mod reply;
mod sentinel;
mod server;
mod tls;
mod wait;

pub use self::builder::Builder;
pub use self::client::Client;
pub use self::cluster::Cluster;
pub use self::proxy::Proxy;
pub use self::reply::Reply;
pub use self::sentinel::Sentinel;
pub use self::server::Server;
pub use self::wait::eventually;
