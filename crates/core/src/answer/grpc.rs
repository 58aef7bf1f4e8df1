//! Trailers-only gRPC responses.
//!
//! A gRPC client reads the status of a call from the trailers, or, if there is no message, from the
//! head: HTTP status 200, `grpc-status`, `grpc-message`, and the details as base64 of a
//! `google.rpc.Status`. `grpc-retry-pushback-ms` is gRFC A6's word on when to come back; a negative
//! value means never. RESOURCE_EXHAUSTED without RetryInfo is to be read as "do not retry", so it
//! always carries one when waiting helps.

use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};

use super::protobuf;
use crate::{Rejection, rejection::ceil};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

pub(super) fn respond(why: &Rejection, content_type: HeaderValue) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    write(why, response.headers_mut());
    response
}

/// Adds what trailers say of a call that ended so.
pub(super) fn write(why: &Rejection, headers: &mut HeaderMap) {
    let code = why.grpc_code() as i32;
    let message = why.to_string();
    headers.insert(STATUS, HeaderValue::from(code));
    if let Ok(message) = HeaderValue::from_str(&percent_encode(&message)) {
        headers.insert(MESSAGE, message);
    }
    if let Ok(details) = HeaderValue::from_str(&base64(&protobuf::status(code, &message, why))) {
        headers.insert(DETAILS, details);
    }
    match why.retry_after() {
        Some(wait) => {
            let millis = ceil(wait.as_nanos(), 1_000_000).min(i32::MAX as u64);
            headers.insert(PUSHBACK, HeaderValue::from(millis));
        }
        None if why.reason().is_quota() => {
            headers.insert(PUSHBACK, HeaderValue::from_static("-1"));
        }
        None => {}
    }
}

/// The gRPC form of percent-encoding: all but printable ASCII, and `%` itself.
fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => out.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// RFC 4648 base64 without padding, as gRPC sends binary metadata.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + 3);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().enumerate().fold(0u32, |w, (i, &b)| w | u32::from(b) << (16 - 8 * i));
        for i in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(word >> (18 - 6 * i)) as usize & 63]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{base64, percent_encode};

    #[test]
    fn base64_is_that_of_rfc_4648_without_padding() {
        let vectors =
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in vectors {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn messages_are_percent_encoded_as_grpc_wants_them() {
        assert_eq!(percent_encode("50% of \u{fc}\n"), "50%25 of %C3%BC%0A");
    }
}
