//! Settings that are texts in a file, and types of other crates in a plan.

use std::net::SocketAddr;
use std::str::FromStr;

use axum::http::HeaderName;
use axum::http::uri::Authority;
use serde::{Deserialize, Deserializer, de};

use crate::gateway::demo;

pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parsed(deserializer, "an address and a port, such as 127.0.0.1:8080")
}

pub(super) fn header<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderName, D::Error> {
    parsed(deserializer, "the name of a header, such as x-api-key")
}

pub(super) fn upstream<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Authority, D::Error> {
    parsed(deserializer, &expected_upstream())
}

/// What an upstream can be.
pub(super) fn expected_upstream() -> String {
    format!("a host and a port, such as 10.0.0.7:8080, or {}", demo::UPSTREAMS.join(", "))
}

/// Reads a text, and says of one that it cannot read what it should be.
fn parsed<'de, D: Deserializer<'de>, T: FromStr>(
    deserializer: D,
    expected: &str,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom(format_args!("{text:?}, must be {expected}")))
}
