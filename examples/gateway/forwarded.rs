//! What an upstream is told about the caller, whom it cannot see.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, Version, header};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Writes who asked, for which host and how, over what the caller may have claimed.
///
/// Only `X-Forwarded-For` keeps what came, with the peer at its right end: whoever reads it counts
/// from the right, as `ClientIp::behind_proxies` does, and never reaches an invented entry.
///
/// `Host` goes. The client writes the upstream's own name, the same over HTTP/1 and HTTP/2, and the
/// name that the caller used stays in `X-Forwarded-Host`.
pub fn introduce(parts: &mut Parts, peer: IpAddr) {
    let host = requested_host(&parts.uri, &parts.headers);
    parts.headers.remove(header::HOST);
    match host {
        Some(host) => parts.headers.insert(X_FORWARDED_HOST, host),
        None => parts.headers.remove(X_FORWARDED_HOST),
    };
    parts.headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    // An IPv4 caller of a dual-stack listener is known by its IPv4 address.
    join(&mut parts.headers, X_FORWARDED_FOR, b", ", peer.to_canonical().to_string().as_bytes());
}

/// Adds this gateway to the hops that a message has taken.
pub fn add_via(headers: &mut HeaderMap, version: Version) {
    let via = match version {
        Version::HTTP_10 => "1.0 palisade",
        Version::HTTP_2 => "2 palisade",
        _ => "1.1 palisade",
    };
    headers.append(header::VIA, HeaderValue::from_static(via));
}

/// Joins the cookies that HTTP/2 lets a caller send one a line: HTTP/1 knows one line only
/// (RFC 9113, section 8.2.3).
pub fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(header::COOKIE).iter().nth(1).is_some() {
        join(headers, header::COOKIE, b"; ", b"");
    }
}

/// A URI that has an authority says more than `Host` (RFC 9112, section 3.2.2).
fn requested_host(uri: &Uri, headers: &HeaderMap) -> Option<HeaderValue> {
    match uri.authority() {
        Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
        None => headers.get(header::HOST).cloned(),
    }
}

/// Makes one line of a field's lines and `last`. Some readers look at one line only, and it must
/// not be one that the caller wrote.
fn join(headers: &mut HeaderMap, field: HeaderName, separator: &[u8], last: &[u8]) {
    let lines: Vec<&[u8]> = headers
        .get_all(&field)
        .iter()
        .map(HeaderValue::as_bytes)
        .chain([last])
        .filter(|line| !line.is_empty())
        .collect();
    let line = HeaderValue::from_bytes(&lines.join(separator))
        .expect("values of fields, joined by ASCII, are a value");
    headers.insert(field, line);
}
