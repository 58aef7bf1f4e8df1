//! A reverse proxy that stands when its callers or its upstreams misbehave: axum in front,
//! hyper's client behind, Palisade's layers between.
//!
//! ```text
//!             ┌ /healthz, /metrics                                                 never limited
//!  client ──▶ │
//!             └ /PREFIX/* ─▶ rate limits ─▶ rate limits ─▶ total time ─▶ retry ─┐
//!                            of all routes  └─────────── of the route ────────┘ │
//!                 ┌─────────────────────────── each attempt ────────────────────┘
//!                 └▶ breaker of ───▶ bulkhead ─▶ timeout ─▶ proxy ─▶ upstream
//!                    the upstream   └─── of the route ──┘
//! ```
//!
//! | file | its one idea |
//! |---|---|
//! | [`plan`] | what is served, as plain data, and what is wrong with it |
//! | [`config`] | a plan from a file, or all that is wrong with the file |
//! | [`app`] | the router built from a plan |
//! | [`accounts`] | the tiers of API keys |
//! | [`store`] | limits in a Redis that gateways share |
//! | [`decided`] | which answers tell who has decided on the limits |
//! | [`server`] | a listener, and an end that is graceful and bounded |
//! | [`shutdown`] | the signals that end it |
//! | [`proxy`] | one request on its way to the upstream, one answer on its way back |
//! | [`hop`] | the fields that belong to one connection |
//! | [`body`] | a body passed on frame by frame |
//! | [`forwarded`] | what an upstream is told about the caller |
//! | [`problem`] | the answers of the gateway itself |
//! | [`metrics`] | the page that Prometheus scrapes |
//! | [`log`] | what goes wrong, and is over, on standard error |
//! | [`demo`] | three upstreams to try it with |
//! | [`drive`] | clients to try it with, and what each got |
//! | [`args`], [`banner`] | what the command line says, and what it is told |
//! | [`sentence`] | limits, where they are kept, retries, breakers and bulkheads in words |

pub mod accounts;
pub mod app;
pub mod args;
pub mod banner;
pub mod body;
pub mod config;
pub mod decided;
pub mod demo;
pub mod drive;
pub mod forwarded;
pub mod hop;
pub mod log;
pub mod metrics;
pub mod plan;
pub mod problem;
pub mod proxy;
pub mod sentence;
pub mod server;
pub mod shutdown;
pub mod store;
