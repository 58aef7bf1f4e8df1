//! What the gateway serves, as plain data.
//!
//! The router, the banner and the load are made from it, so that whatever fills a plan (the demo
//! here, a file one day) needs to know none of them.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::uri::Authority;
use palisade::{Quota, per_second};

use super::demo::Demo;

/// Everything that the gateway is told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What one client may ask of all routes together.
    pub limit: Limit,
    /// Which paths go where.
    pub routes: Vec<Route>,
    /// How long a shutdown waits for requests that are under way.
    pub grace: Duration,
}

/// How often a client, known by its address, may ask.
#[derive(Clone, Debug)]
pub struct Limit {
    /// How metrics, headers and answers call it.
    pub name: String,
    /// How often.
    pub quota: Quota,
}

/// One upstream and what the gateway serves of it.
#[derive(Clone, Debug)]
pub struct Route {
    /// How metrics and answers call it.
    pub name: String,
    /// The paths below this one are proxied, without it: `/steady/a` arrives as `/a`.
    pub prefix: String,
    /// Who answers them.
    pub upstream: Authority,
    /// What the upstream speaks.
    pub protocol: Protocol,
    /// How long the upstream may take to begin its answer, the upload included.
    pub timeout: Duration,
}

/// What is spoken with an upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2 without asking first ("prior knowledge"), as gRPC servers expect it.
    Http2,
}

impl Plan {
    /// The demo: its two upstreams, each under its own name.
    #[must_use]
    pub fn demo(listen: SocketAddr, demo: &Demo) -> Self {
        let route = |name: &str, upstream: SocketAddr, timeout| Route {
            name: name.to_owned(),
            prefix: format!("/{name}"),
            upstream: authority(upstream),
            protocol: Protocol::default(),
            timeout,
        };
        Self {
            listen,
            limit: Limit { name: "per-client".to_owned(), quota: per_second(50).burst(100) },
            routes: vec![
                route("steady", demo.steady(), Duration::from_secs(1)),
                route("flaky", demo.flaky(), Duration::from_millis(500)),
            ],
            grace: Duration::from_secs(10),
        }
    }
}

/// An address as the authority of a URI.
#[must_use]
pub fn authority(address: SocketAddr) -> Authority {
    address.to_string().parse().expect("a printed socket address is an authority")
}
