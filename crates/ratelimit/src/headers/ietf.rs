//! `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
//!
//! Both are lists of structured fields (RFC 9651), with one item for each limit that the request
//! met. A list may stand in several lines, so a layer adds its own to those of the layers inside.

use http::{HeaderMap, HeaderName, HeaderValue};
use palisade_core::{Name, Quota};
use smallvec::SmallVec;

use super::names::{POLICY, STATE};
use super::{LARGEST, Told, seconds};

/// A header's value while it is written: a list of usual length, on the stack.
type Text = SmallVec<[u8; 512]>;

pub(super) fn write(told: &[Told], headers: &mut HeaderMap) {
    // A policy without its state would tell nothing: both find room, or neither is written.
    if told.is_empty() || headers.try_reserve(2).is_err() {
        return;
    }
    let (mut policy, mut state) = (Text::new(), Text::new());
    for limit in told {
        let (quota, window) = terms(limit.quota);
        item(limit.name, &mut policy);
        parameter(b'q', quota, &mut policy);
        if let Some(window) = window {
            parameter(b'w', window, &mut policy);
        }

        item(limit.name, &mut state);
        parameter(b'r', limit.remaining(), &mut state);
        if let Some(until) = limit.until() {
            parameter(b't', seconds(until), &mut state);
        }
    }
    append(headers, POLICY, &policy);
    append(headers, STATE, &state);
}

/// The quota per window of whole seconds: scaled up to one second, or without a window where whole
/// seconds cannot say it.
const fn terms(quota: Quota) -> (u64, Option<u64>) {
    const SECOND: u64 = 1_000_000;
    let (limit, period) = (quota.limit() as u64, quota.period_micros());
    match period {
        _ if period.is_multiple_of(SECOND) => (limit, Some(period / SECOND)),
        _ if period < SECOND => (limit.saturating_mul(SECOND) / period, Some(1)),
        _ => (limit, None),
    }
}

/// Begins an item of the list.
fn item(name: Name, text: &mut Text) {
    if !text.is_empty() {
        text.extend_from_slice(b", ");
    }
    text.extend_from_slice(name.as_quoted().as_bytes());
}

/// Appends `;name=number`.
fn parameter(name: u8, number: u64, text: &mut Text) {
    text.extend_from_slice(&[b';', name, b'=']);
    text.extend_from_slice(itoa::Buffer::new().format(number.min(LARGEST)).as_bytes());
}

fn append(headers: &mut HeaderMap, name: HeaderName, text: &Text) {
    if let Ok(value) = HeaderValue::from_bytes(text) {
        // There is room, as was asked before; if not, the map stays as it is.
        let _ = headers.try_append(name, value);
    }
}
