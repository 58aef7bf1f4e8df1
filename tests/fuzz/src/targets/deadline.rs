//! How much time a request says that it has.

use http::{HeaderMap, HeaderValue};
use palisade_core::{
    Micros,
    deadline::{GRPC_TIMEOUT, REQUEST_TIMEOUT_MS, read, write},
};

use super::Target;
use crate::allocations;

/// `grpc-timeout` and `x-request-timeout-ms`.
pub static DEADLINE: Target = Target {
    name: "deadline",
    texts: &[
        b"250m",
        b"99999999H",
        b"1S",
        b"0n",
        b"1999n",
        b"5M",
        b"7u",
        b"250",
        b"18446744073709551615",
        b"99999999999999999999",
        b"-1",
    ],
    words: &[b"H", b"M", b"S", b"m", b"u", b"n", b"0", b"1", b"9", b"99999999", b"-", b"+", b" "],
    check,
};

fn check(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else { return };
    for (name, grpc) in [(GRPC_TIMEOUT, true), (REQUEST_TIMEOUT_MS, false)] {
        let headers = HeaderMap::from_iter([(name, value.clone())]);
        let mut time = None;
        allocations::none(|| time = read(&headers, grpc));
        let Some(time) = time else { continue };
        assert_eq!(read(&headers, !grpc), None, "another header");

        // Sent on, it is never more, and only the least that can be said is more than nothing.
        let mut onwards = HeaderMap::new();
        write(&mut onwards, grpc, time);
        let arrived = read(&onwards, grpc).expect("what is written is valid");
        let least = Micros(if grpc { 1 } else { 1_000 });
        assert!(arrived <= time.max(least), "{time:?} became {arrived:?}");
        assert!(arrived > Micros::ZERO);
        // And once more, it is the same.
        let mut again = HeaderMap::new();
        write(&mut again, grpc, arrived);
        assert_eq!(again, onwards);
    }
}
