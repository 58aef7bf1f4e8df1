//! The host that is asked for.

use http::{HeaderValue, Request, Uri, header::HOST as NAME};
use palisade_core::{HasHead, Host, Key, KeyBy};

use super::{Target, header::readable};
use crate::allocations;

/// The `Host` header as a key.
pub static HOST: Target = Target {
    name: "host",
    texts: &[
        b"a.example",
        b"API.Example:8443",
        b"192.0.2.1:80",
        b"[2001:db8::1]:80",
        b"[::1]",
        b"xn--bcher-kva.example.",
        b"user:secret@a.example:80",
    ],
    words: &[
        b":", b":80", b"[", b"]", b"@", b"/", b"?", b"#", b",", b"\\", b".", b"A", b"a", b"%2e",
    ],
    check,
};

fn asked_for(value: &[u8]) -> Option<String> {
    let mut request = Request::new(());
    let value = HeaderValue::from_bytes(value).expect("only what a header may have");
    request.headers_mut().append(NAME, value);
    let host = allocations::none(|| request.head().host());
    let key = allocations::none(|| Host.key(&request));
    assert!(key == host.map(Key::caseless));
    host.map(str::to_owned)
}

fn check(input: &[u8]) {
    let value = readable(input);
    let Some(host) = asked_for(&value) else { return };

    // The beginning of the header, and what follows is a port or nothing.
    let rest = value.strip_prefix(host.as_bytes()).expect("the header begins with its host");
    let port = if rest.is_empty() { rest } else { rest.strip_prefix(b":").expect("a port") };
    assert!(port.iter().all(u8::is_ascii_digit), "an odd port");
    let ends_it = |c: char| "/?#@\\, \t".contains(c) || !c.is_ascii() || c.is_ascii_control();
    assert!(!host.is_empty() && !host.contains(ends_it), "{host}");

    // One host is one key, in any case and with any port.
    for same in [format!("{host}:1"), host.to_ascii_uppercase(), host.to_ascii_lowercase()] {
        let again = asked_for(same.as_bytes()).expect("a host stays one");
        assert!(Key::caseless(&again) == Key::caseless(&host), "{again} is not {host}");
    }

    // Where the same text stands in a target, it is the same host there.
    let uri = Uri::try_from([b"http://", &value[..], b"/"].concat());
    if let Some(in_target) = uri.ok().as_ref().and_then(Uri::host) {
        assert_eq!(in_target, host);
    }
}
