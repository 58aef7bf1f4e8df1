//! The two messages of `google.rpc` that a rejection carries, encoded by hand.
//!
//! `Status { 1: int32 code, 2: string message, 3: repeated Any details }`,
//! `Any { 1: string type_url, 2: bytes value }`, `RetryInfo { 1: Duration retry_delay }`,
//! `Duration { 1: int64 seconds, 2: int32 nanos }`,
//! `QuotaFailure { 1: repeated Violation { 1: string subject, 2: string description } }`.

use crate::Rejection;

/// The longest span that `google.protobuf.Duration` permits: ten thousand years.
const LONGEST_SECONDS: u64 = 315_576_000_000;

/// A `google.rpc.Status` with RetryInfo if the rejection says when to come back, and QuotaFailure
/// if it was a quota.
pub(super) fn status(code: i32, message: &str, why: &Rejection) -> Vec<u8> {
    let mut out = Vec::with_capacity(160);
    varint_field(1, u64::from(code.unsigned_abs()), &mut out);
    bytes_field(2, message.as_bytes(), &mut out);
    if let Some(wait) = why.retry_after() {
        let mut delay = Vec::with_capacity(16);
        varint_field(1, wait.as_secs().min(LONGEST_SECONDS), &mut delay);
        varint_field(2, u64::from(wait.subsec_nanos()), &mut delay);
        let mut info = Vec::with_capacity(20);
        bytes_field(1, &delay, &mut info);
        any("type.googleapis.com/google.rpc.RetryInfo", &info, &mut out);
    }
    if why.reason().is_quota() {
        let mut violation = Vec::with_capacity(96);
        bytes_field(1, why.name().as_bytes(), &mut violation);
        bytes_field(2, message.as_bytes(), &mut violation);
        let mut failure = Vec::with_capacity(100);
        bytes_field(1, &violation, &mut failure);
        any("type.googleapis.com/google.rpc.QuotaFailure", &failure, &mut out);
    }
    out
}

fn any(type_url: &str, value: &[u8], out: &mut Vec<u8>) {
    let mut any = Vec::with_capacity(type_url.len() + value.len() + 6);
    bytes_field(1, type_url.as_bytes(), &mut any);
    bytes_field(2, value, &mut any);
    bytes_field(3, &any, out);
}

/// A field of wire type 0; left out when it has the default value, as proto3 does.
fn varint_field(number: u64, value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        varint(number << 3, out);
        varint(value, out);
    }
}

/// A field of wire type 2.
fn bytes_field(number: u64, value: &[u8], out: &mut Vec<u8>) {
    varint(number << 3 | 2, out);
    varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
