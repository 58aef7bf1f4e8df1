//! Any header as a key.

use http::{HeaderValue, Request};
use palisade_core::{Header, Key, KeyBy, key::Fingerprinter};

use super::Target;
use crate::{
    allocations,
    model::spelling::{Part, spelled},
};

/// The value of a header, such as an API key.
pub static HEADER: Target = Target {
    name: "header",
    texts: &[
        b"k1",
        b"Bearer eyJhbGciOiJIUzI1NiJ9.e30.x_-",
        b"a|b#c%d{e}",
        b"sha#635361c48bb9eab14198e76ea8ab7f1a",
        b"%7c%25",
        b"",
        b"0123456789012345678901234567890123456789012345678901234567890123",
    ],
    words: &[b"|", b"#", b"%", b"{", b"}", b"%25", b"sha#", b"ip#", b"a", b"A", b" "],
    check,
};

fn check(input: &[u8]) {
    let bytes = readable(input);
    let value = HeaderValue::from_bytes(&bytes).expect("only what a header may have");
    let mut request = Request::new(());
    request.headers_mut().append("x-key", value);

    let fingerprinter = Fingerprinter::seeded(1);
    let mut spelling = String::with_capacity(200);
    allocations::none(|| {
        let key = Header("x-key").key(&request).expect("the header is there");
        assert!(key == Key::from(&bytes[..]), "not the header's bytes");
        let print = key.fingerprint(&fingerprinter);
        assert_eq!(print, Key::from(&bytes[..]).fingerprint(&fingerprinter));
        key.spell(&mut spelling);
    });
    assert_eq!(spelling, spelled(&[Part::Text(bytes.clone())]));
}

/// The bytes that a header's value may have.
pub(super) fn readable(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| *byte == b'\t' || !byte.is_ascii_control()).collect()
}
