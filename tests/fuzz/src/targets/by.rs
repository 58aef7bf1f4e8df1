//! `"client_ip behind 1"`, `"header x-api-key and route"`.

use http::Request;
use palisade_core::{KeyBy, key::By};

use super::{
    Target,
    name::alone,
    text::{is_fit_to_print, lossy},
};
use crate::allocations;

/// Keys that a configuration chooses.
pub static BY: Target = Target {
    name: "by",
    texts: &[
        b"global",
        b"client_ip",
        b"client_ip behind 2",
        b"client_ip trusting 10.0.0.0/8,fd00::/8 prefix 56",
        b"client_ip behind 1 forwarded_only",
        b"header x-api-key",
        b"method and host and route and header x-tenant",
    ],
    words: &[
        b" and ",
        b" ",
        b"client_ip",
        b"behind",
        b"trusting",
        b"prefix",
        b"forwarded_only",
        b"header",
        b"host",
        b"method",
        b"route",
        b"global",
        b"64",
        b"65",
        b"128",
        b"::1",
        b",",
        b"x-a",
        b"\xff",
    ],
    check,
};

/// What a choice may allocate for each byte of its text, and besides.
const BYTES: (u64, u64) = (64, 4_096);

fn check(input: &[u8]) {
    let _alone = alone();
    let text = lossy(input);
    // A header's name is kept for good; what that takes is counted by nobody.
    let _known = text.parse::<By>();
    let (outcome, info) = allocations::counted(|| text.parse::<By>());
    let most = BYTES.0 * text.len() as u64 + BYTES.1;
    assert!(info.bytes_total <= most, "{} bytes for {} of text", info.bytes_total, text.len());
    let by = match outcome {
        Ok(by) => by,
        Err(error) => return is_fit_to_print(&error, "key", &text),
    };

    let words: Vec<_> = text.split_whitespace().collect();
    assert_eq!(by.to_string(), words.join(" "), "as it was read");
    assert_eq!(by.to_string().parse(), Ok(by.clone()));
    let parts = text.split(" and ").count();
    assert!((1..=4).contains(&parts), "{parts} parts");

    // A request without anything: what needs nothing is found, and nothing panics.
    let request = Request::new(());
    let needs = ["client_ip", "header", "host"].iter().any(|word| text.contains(word));
    assert!(KeyBy::key(&by, &request).is_some() || needs);
    assert!(KeyBy::<Request<()>>::describe(&by).len() <= 128);
}
