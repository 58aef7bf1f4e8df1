//! The layers in their hosts, over real sockets: axum, tonic, hyper, reqwest, and services that
//! have nothing to do with HTTP.
//!
//! Nothing here sleeps: a test waits for what it has caused, and limits are so many per hour that
//! no clock can refill them while it runs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers are tests, too")]

mod axum_routes;
mod axum_serving;
mod cors;
mod hedges;
mod hyper_hosts;
mod keys;
mod plain;
mod quick_starts;
mod reqwest_client;
mod retry_axum;
mod retry_grpc;
mod retry_hyper;
mod retry_reqwest;
mod scripted;
mod servers;
mod stacks;
mod tonic_client;
mod tonic_deadline;
mod tonic_server;
