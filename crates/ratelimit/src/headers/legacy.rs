//! `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`, as most public APIs have
//! them.
//!
//! There is room for one limit. It is the tightest, here and over all layers.

use http::HeaderMap;
use palisade_core::Micros;

use super::names::{X_LIMIT, X_REMAINING, X_RESET};
use super::pair::Pair;
use super::tightest::tightest;
use super::{Told, seconds};
use crate::options::Reset;

pub(super) fn write(told: &[Told], reset: Reset, now: Micros, headers: &mut HeaderMap) {
    if let Some(limit) = tightest(told) {
        let pair = Pair { limit: X_LIMIT, remaining: X_REMAINING };
        pair.tell(limit, [(X_RESET, x_reset(limit, reset, now))], headers);
    }
}

/// The number of `X-RateLimit-Reset`.
pub(super) fn x_reset(limit: &Told, reset: Reset, now: Micros) -> u64 {
    let until = limit.until_or_reset();
    match reset {
        // Rounded once, after the sum: a client that comes back then is not too early.
        Reset::Epoch => seconds(now + until),
        Reset::Delta => seconds(until),
    }
}
