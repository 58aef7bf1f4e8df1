//! What the gateway serves, as plain data.
//!
//! The router, the banner and the load are made from it, so that whatever fills a plan (a file, a
//! test) needs to know none of them.

mod check;
mod redis;
mod route;
mod text;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::http::HeaderName;
use axum::http::uri::Authority;
use palisade::breaker::config::BreakerConfig;
use palisade::ratelimit::config::RateLimitConfig;
use palisade::text::duration;
use serde::Deserialize;

pub use self::redis::Redis;
pub use self::route::Route;

/// Everything that the gateway is told.
///
/// Read from a file, what is left out has the [default](Self::default), and what is not known is an
/// error. What reads may still be outside of its range: [`validate`](Self::validate) tells.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// Where to listen; port 0 takes a free one.
    #[serde(deserialize_with = "text::address")]
    pub listen: SocketAddr,
    /// How long a shutdown waits for requests that are under way: 0 to 10 minutes.
    #[serde(with = "duration::serde")]
    pub grace: Duration,
    /// What keeps the limits for all gateways that name it. Without it each keeps its own.
    pub redis: Option<Redis>,
    /// The header with a caller's API key.
    #[serde(deserialize_with = "text::header")]
    pub account_header: HeaderName,
    /// Which API keys are on which tier of the limits.
    pub accounts: BTreeMap<String, String>,
    /// What callers may ask of all routes together; the first one is asked first.
    pub limits: Vec<RateLimitConfig>,
    /// Who answers, by the name that routes, metrics and answers call it.
    pub upstreams: BTreeMap<String, Upstream>,
    /// Which paths go where: one at least.
    pub routes: Vec<Route>,
}

/// Who answers the requests of one route or of several.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// A host with its port, or one of the [demo](super::demo::UPSTREAMS).
    #[serde(deserialize_with = "text::upstream")]
    pub address: Authority,
    /// What it speaks.
    #[serde(default)]
    pub protocol: Protocol,
    /// What keeps callers away from it while it fails. It is called as the upstream is unless it has
    /// a name of its own.
    pub breaker: Option<BreakerConfig>,
}

/// What is spoken with an upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2 without asking first ("prior knowledge"), as gRPC servers expect it.
    Http2,
}

impl Upstream {
    /// The breaker, by the name that metrics and answers call it.
    #[must_use]
    pub fn breaker(&self, name: &str) -> Option<BreakerConfig> {
        let mut breaker = self.breaker.clone()?;
        if breaker.name == BreakerConfig::default().name {
            name.clone_into(&mut breaker.name);
        }
        Some(breaker)
    }
}

impl Plan {
    /// Switches every retry off: each request is sent once.
    pub fn retry_nothing(&mut self) {
        for retry in self.routes.iter_mut().filter_map(|route| route.retry.as_mut()) {
            retry.enabled = false;
        }
    }

    /// Keeps the limits at another URL, under the prefix and over as many connections as before.
    pub fn keep_at(&mut self, url: &str) {
        url.clone_into(&mut self.redis.get_or_insert_default().server.url);
    }
}

impl Default for Plan {
    /// Nothing to serve yet, on port 8080 of this machine.
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            grace: Duration::from_secs(10),
            redis: None,
            account_header: HeaderName::from_static("x-api-key"),
            accounts: BTreeMap::new(),
            limits: Vec::new(),
            upstreams: BTreeMap::new(),
            routes: Vec::new(),
        }
    }
}

/// An address as the authority of a URI.
#[must_use]
pub fn authority(address: SocketAddr) -> Authority {
    address.to_string().parse().expect("a printed socket address is an authority")
}
