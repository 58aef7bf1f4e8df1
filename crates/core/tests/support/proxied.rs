//! Requests that came through proxies, and the address that they count for.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::net::{IpAddr, SocketAddr};

use http::{HeaderValue, Request};
use palisade_core::{ClientIp, KeyBy, PeerAddr};

/// The innermost proxy.
pub(crate) const PEER: &str = "10.0.0.9";

pub(crate) fn request(peer: Option<&str>, headers: &[(&'static str, &[u8])]) -> Request<()> {
    let mut request = Request::new(());
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    if let Some(peer) = peer {
        let ip: IpAddr = peer.parse().unwrap();
        request.extensions_mut().insert(PeerAddr(SocketAddr::new(ip, 50_000)));
    }
    request
}

pub(crate) fn xff(value: &str) -> Request<()> {
    request(Some(PEER), &[("x-forwarded-for", value.as_bytes())])
}

pub(crate) fn forwarded(value: &str) -> Request<()> {
    request(Some(PEER), &[("forwarded", value.as_bytes())])
}

/// The key as it is spelled, which for an address is readable.
pub(crate) fn found(by: &ClientIp, request: &Request<()>) -> String {
    let mut text = String::new();
    by.key(request).unwrap().spell(&mut text);
    text.strip_prefix("ip#").unwrap().to_owned()
}

/// Who trusts the proxies of a private network.
pub(crate) fn private() -> ClientIp {
    ClientIp::trusting(["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()])
}
