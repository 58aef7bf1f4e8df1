//! What both forwarding headers have in common: requests through two proxies.
//!
//! ```text
//! client ── what the input says ──> edge ──> inner ──> service
//! CLIENT                            EDGE     PEER
//! ```

use std::net::IpAddr;

use http::{HeaderName, HeaderValue, Request, header};
use palisade_core::{ClientIp, Key, KeyBy, PeerAddr};

use super::header::readable;
use crate::{
    allocations,
    model::{
        bits,
        walk::{self, Syntax, Trust},
    },
};

/// As the edge sees it.
pub(super) const CLIENT: &str = "203.0.113.7";

/// As the inner proxy sees it.
pub(super) const EDGE: &str = "10.0.0.5";

const PEER: &str = "10.0.0.9";

/// More lines would be more than a `HeaderMap` takes, and than any server passes on.
const MOST_LINES: usize = 4_096;

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().expect("a constant")
}

/// The input as lines of a header.
pub(super) fn lines(input: &[u8]) -> Vec<Vec<u8>> {
    input.split(|byte| *byte == b'\n').take(MOST_LINES).map(readable).collect()
}

/// With that header and peer.
pub(super) fn request(lines: &[Vec<u8>], syntax: Syntax, peer: Option<IpAddr>) -> Request<()> {
    let name = match syntax {
        Syntax::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
        Syntax::Forwarded => header::FORWARDED,
    };
    let mut request = Request::new(());
    for line in lines {
        let value = HeaderValue::from_bytes(line).expect("only what a header may have");
        request.headers_mut().append(&name, value);
    }
    if let Some(ip) = peer {
        request.extensions_mut().insert(PeerAddr((ip, 50_000).into()));
    }
    request
}

fn by(trust: Trust) -> ClientIp {
    match trust {
        Trust::Hops(n) => ClientIp::behind_proxies(n as u8),
        Trust::Private => {
            let net = |text: &str| text.parse().expect("a constant");
            ClientIp::trusting([net("10.0.0.0/8"), net("fd00::/8")])
        }
    }
}

/// For each setting the address that the documentation says, and the peer's if there is none.
pub(super) fn agrees_with_the_model(lines: &[Vec<u8>], syntax: Syntax) {
    let peer = ip(PEER);
    let (with, without) = (request(lines, syntax, Some(peer)), request(lines, syntax, None));
    for (trust, prefix) in [
        (Trust::Hops(1), 64),
        (Trust::Hops(1), 0),
        (Trust::Hops(2), 56),
        (Trust::Hops(3), 64),
        (Trust::Hops(64), 128),
        (Trust::Private, 64),
        (Trust::Private, 127),
    ] {
        let by = by(trust).ipv6_prefix(prefix);
        let told = walk::client(lines, syntax, trust, peer);
        let expected = bits::counted(*told.as_ref().unwrap_or(&peer), prefix.into());
        let key = allocations::none(|| by.key(&with));
        assert!(key == Some(Key::from(expected)), "{trust:?}, {prefix} bits: not {expected}");
        assert_eq!(by.malformed(), u64::from(told.is_err()), "{trust:?}");

        // Without a peer there is nobody to fall back on, or whose word counts.
        let expected = match trust {
            Trust::Hops(_) => told.ok().map(|ip| Key::from(bits::counted(ip, prefix.into()))),
            Trust::Private => None,
        };
        assert!(by.key(&without) == expected, "{trust:?}, no peer");
    }
}

/// Whom a request counts for that came the whole way, the header being `lines`.
pub(super) fn found(lines: &[Vec<u8>], syntax: Syntax) -> impl Iterator<Item = Caller> {
    let request = request(lines, syntax, Some(ip(PEER)));
    [Trust::Hops(2), Trust::Private].into_iter().map(move |trust| match by(trust).key(&request) {
        Some(key) if key == Key::from(ip(CLIENT)) => Caller::Client,
        Some(key) if key == Key::from(ip(PEER)) => Caller::Peer,
        _ => Caller::Somebody,
    })
}

/// Who a request may count for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Client,
    Peer,
    /// Whom the client named.
    Somebody,
}

/// What the header looks like when `appended` follows what was there: on a line of its own, or
/// behind a comma on the last.
pub(super) fn appended(lines: &[Vec<u8>], appended: &[String]) -> [Vec<Vec<u8>>; 3] {
    let joined = |comma: &str| {
        let mut lines = lines.to_vec();
        for entry in appended {
            match lines.last_mut() {
                Some(last) => last.extend(format!("{comma}{entry}").bytes()),
                None => lines.push(entry.clone().into_bytes()),
            }
        }
        lines
    };
    let own = lines.iter().cloned().chain(appended.iter().map(|entry| entry.clone().into_bytes()));
    [joined(","), joined(" , "), own.collect()]
}
