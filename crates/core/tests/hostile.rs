//! What somebody sends who means harm.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use palisade_core::ClientIp;

mod support;

use support::proxied::{PEER, forwarded, found, private};

/// A host as a proxy writes it into its own element.
fn quoted(host: &str) -> String {
    format!("\"{}\"", host.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn no_part_of_a_quoted_host_passes_for_an_element() {
    for host in [
        "x,for=6.6.6.6;n",
        "x,for=6.6.6.6;a=",
        "x,for=6.6.6.6;a=b;",
        "x,for=6.6.6.6;a=\"",
        "x,for=6.6.6.6;\"a",
        "x,for=6.6.6.6;\"=\"",
        "x,for=6.6.6.6;a=\"b\";c",
        "x,n;for=6.6.6.6;n",
        "x, ;for=6.6.6.6; ",
    ] {
        let host = quoted(host);
        for element in [
            format!("for=203.0.113.7;host={host}"),
            format!("for=203.0.113.7;host={host};proto=http"),
            format!("for=203.0.113.7;host={host};proto=\"http\""),
            format!("for=203.0.113.7;host={host};by=\"\";proto=http"),
            format!("host={host};for=203.0.113.7;path={host};proto=http"),
        ] {
            for by in [ClientIp::behind_proxies(1), private()] {
                let found = found(&by, &forwarded(&element));
                assert!([PEER, "203.0.113.7"].contains(&&*found), "{element}");
            }
        }
    }
}
