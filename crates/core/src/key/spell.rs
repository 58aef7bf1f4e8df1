//! A key as text, for a store that other machines share.
//!
//! Parts are joined by `|`. Text stands as it is but for `|`, `#`, `%`, `{`, `}` and what is not
//! printable ASCII, which become `%` and two digits. All other parts contain a `#` and so cannot
//! be mistaken for text. Braces never occur: in Redis they choose the slot.
//!
//! | part | spelling |
//! |---|---|
//! | `"alice"` | `alice` |
//! | `42_u64` | `#42` |
//! | an address | `ip#192.0.2.1`, `ip#2001:db8::` |
//! | an identifier of 16 bytes | `id#` and 32 hexadecimal digits |
//! | text over 64 bytes, and what is not text | `sha#` and 32 digits |
//! | the fourth part and all after it, if there are more than four | `etc#` and 32 digits |
//! | no part, the empty text | `#`, `%` |
//!
//! The digests are the first 16 bytes of the SHA-256, so `printf %s "$token" | sha256sum` finds the
//! key of a long token, which itself is never stored.

use std::{
    io::Write,
    net::{Ipv4Addr, Ipv6Addr},
    str,
};

use super::{
    Key,
    digest::Sha256,
    part::{self, Part},
};

pub(super) const SEPARATOR: u8 = b'|';

/// Longer text is not stored but its digest.
const LONGEST: usize = 64;

impl Key<'_> {
    /// Appends this key as text: equal for equal keys, different for different ones, the same on
    /// every machine and in every release.
    ///
    /// At most 200 bytes per part. Text of up to 64 bytes stays readable; longer text, and bytes
    /// that are not printable text, become a digest. The text is printable ASCII without braces.
    ///
    /// ```
    /// use std::net::IpAddr;
    /// use palisade_core::Key;
    ///
    /// let mut text = String::from("limits:");
    /// Key::from(("alice", IpAddr::from([192, 0, 2, 1]), 42_u64)).spell(&mut text);
    /// assert_eq!(text, "limits:alice|ip#192.0.2.1|#42");
    /// ```
    pub fn spell(&self, out: &mut String) {
        if self.parts().len() == 0 {
            out.push('#');
        }
        for (i, part) in self.parts().enumerate() {
            if i > 0 {
                out.push(char::from(SEPARATOR));
            }
            spell(part, &mut |bytes| out.extend(bytes.iter().copied().map(char::from)));
        }
    }
}

/// Hands the spelling to `out` in pieces, all of them ASCII.
pub(super) fn spell(part: Part<'_>, out: &mut impl FnMut(&[u8])) {
    match part {
        Part::Number(_) | Part::Wide(..) => print(out, format_args!("#{}", part.number())),
        Part::V4(ip) => print(out, format_args!("ip#{}", Ipv4Addr::from_bits(ip))),
        Part::V6(..) => print(out, format_args!("ip#{}", Ipv6Addr::from_bits(part.number()))),
        Part::Id(..) => print(out, format_args!("id#{:032x}", part.number())),
        Part::Rest(..) => print(out, format_args!("etc#{:032x}", part.number())),
        Part::Text(_) | Part::Caseless(_) | Part::Owned => {
            if let Some((bytes, caseless)) = part.text() {
                text(bytes, caseless, out);
            }
        }
    }
}

fn text(bytes: &[u8], caseless: bool, out: &mut impl FnMut(&[u8])) {
    if bytes.is_empty() {
        // Not nothing: Redis takes `{}` for no hash tag at all.
        out(b"%");
    } else if bytes.len() <= LONGEST && is_printable(bytes) {
        part::for_each_chunk(bytes, caseless, |chunk| escape(chunk, out));
    } else {
        let mut hash = Sha256::new();
        part::for_each_chunk(bytes, caseless, |chunk| hash.update(chunk));
        print(out, format_args!("sha#{:032x}", u128::from_be_bytes(hash.finish())));
    }
}

fn is_printable(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| !text.contains(char::is_control))
}

fn escape(bytes: &[u8], out: &mut impl FnMut(&[u8])) {
    for byte in bytes {
        match byte {
            b'|' | b'#' | b'%' | b'{' | b'}' => print(out, format_args!("%{byte:02x}")),
            b'!'..=b'~' => out(&[*byte]),
            _ => print(out, format_args!("%{byte:02x}")),
        }
    }
}

/// Formats on the stack. Nothing here is longer than the longest IPv6 address or 32 digits with
/// their prefix, so the buffer never ends early.
fn print(out: &mut impl FnMut(&[u8]), text: std::fmt::Arguments<'_>) {
    let mut buffer = [0; 64];
    let mut rest = &mut buffer[..];
    let complete = rest.write_fmt(text).is_ok();
    debug_assert!(complete, "a part's spelling is at most 64 bytes");
    let written = 64 - rest.len();
    out(&buffer[..written]);
}
