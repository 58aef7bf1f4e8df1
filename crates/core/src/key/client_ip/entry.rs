//! One entry of a forwarding header.

use std::{net::IpAddr, str};

use super::Malformed;

/// How the entries of a header are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Syntax {
    /// `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:567`.
    XForwardedFor,
    /// `for=1.2.3.4;by=..`, `for="[2001:db8::1]:4711"`: RFC 7239.
    Forwarded,
}

impl Syntax {
    /// The address in an entry. `unknown` and `_names`, which hide it, have none.
    pub(super) fn parse(self, entry: &[u8]) -> Result<IpAddr, Malformed> {
        match self {
            Self::XForwardedFor => node(text(entry)?),
            Self::Forwarded => node(for_parameter(text(entry)?)?.ok_or(Malformed)?),
        }
    }

    /// Whether an entry may be counted without a look at its address.
    ///
    /// In `Forwarded` it must be whole: of a quoted string that commas cut in three, the piece in
    /// the middle looks like an element, and only the one to its right shows that it is none.
    pub(super) fn step_over(self, entry: &[u8]) -> Result<(), Malformed> {
        match self {
            Self::XForwardedFor => Ok(()),
            Self::Forwarded => for_parameter(text(entry)?).map(drop),
        }
    }
}

fn text(entry: &[u8]) -> Result<&str, Malformed> {
    str::from_utf8(entry).map_err(|_| Malformed)
}

/// An address with an optional port.
fn node(text: &str) -> Result<IpAddr, Malformed> {
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, rest) = rest.split_once(']').ok_or(Malformed)?;
        if !rest.is_empty() {
            port(rest.strip_prefix(':').ok_or(Malformed)?)?;
        }
        return ip.parse().map(IpAddr::V6).map_err(|_| Malformed);
    }
    match text.split_once(':') {
        // Two colons or more: IPv6 without brackets, and so without a port.
        Some((ip, rest)) if !rest.contains(':') => {
            port(rest)?;
            ip.parse().map(IpAddr::V4).map_err(|_| Malformed)
        }
        _ => text.parse().map_err(|_| Malformed),
    }
}

/// A number, or a name that hides it (`_a1`).
fn port(text: &str) -> Result<(), Malformed> {
    let is_name = text.strip_prefix('_').is_some_and(|name| {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        !name.is_empty() && name.bytes().all(is_allowed)
    });
    let is_number = text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok();
    if is_name || is_number { Ok(()) } else { Err(Malformed) }
}

/// The value of the one `for`, if any, among `name=value` pairs with semicolons between them.
///
/// All of them must be well formed: half of a quoted string, cut at a comma that a client sent
/// within it, must not pass for an entry of a proxy. It has an odd number of quotes or a backslash,
/// and what is read here has neither.
fn for_parameter(element: &str) -> Result<Option<&str>, Malformed> {
    let mut found = None;
    let mut rest = element;
    loop {
        let (name, tail) = rest.split_once('=').ok_or(Malformed)?;
        let (value, tail) = value(tail)?;
        let name = name.trim_ascii();
        let is_second = name.eq_ignore_ascii_case("for") && found.replace(value).is_some();
        if is_second || !is_token(name) {
            return Err(Malformed);
        }
        match tail.trim_ascii_start() {
            "" => return Ok(found),
            tail => rest = tail.strip_prefix(';').ok_or(Malformed)?,
        }
    }
}

/// RFC 9110, section 5.6.2. A quote in a name would be the end of a string that begins further
/// left.
fn is_token(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// A token, or a quoted string without escapes, which no address needs.
fn value(text: &str) -> Result<(&str, &str), Malformed> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, rest) = quoted.split_once('"').ok_or(Malformed)?;
        return if value.contains('\\') { Err(Malformed) } else { Ok((value, rest)) };
    }
    let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
    let (value, rest) = text.split_at(end);
    if value.is_empty() || value.contains(['"', '\\', '=']) {
        return Err(Malformed);
    }
    Ok((value, rest))
}
