//! The headers that tell clients about their quota, in every style.
//!
//! What is written follows from what is told, the time, and the lines of an inner layer that the
//! map holds already. Of `"second"` with 7 of 10 left and `"hour"` with 990 of 1000:
//!
//! ```text
//! Ietf       RateLimit-Policy: "second";q=10;w=1, "hour";q=1000;w=3600
//!            RateLimit: "second";r=7;t=1, "hour";r=990;t=36
//! Legacy     X-RateLimit-Limit: 10           of the tightest limit
//!            X-RateLimit-Remaining: 7
//!            X-RateLimit-Reset: 1767225601
//! PerWindow  X-RateLimit-Limit-Second: 10    X-RateLimit-Remaining-Second: 7
//!            X-RateLimit-Limit-Hour: 1000    X-RateLimit-Remaining-Hour: 990
//!            RateLimit-Limit: 10             RateLimit-Remaining: 7
//!            RateLimit-Reset: 1              X-RateLimit-Reset: 1767225601
//! ```
//!
//! A value is one allocation. An IETF line beyond 512 bytes, which is some twenty limits, is more.
//! `Retry-After` is not written here: a rejection brings its own.

mod ietf;
mod legacy;
mod names;
mod pair;
mod per_window;
#[cfg(test)]
mod tests;
mod tightest;

use http::HeaderMap;
use palisade_core::algorithm::Outcome;
use palisade_core::{Micros, Name, Quota};

pub use self::names::RATE_LIMIT_HEADERS;
use crate::options::{Headers, HeadersOn, Reset};

/// The largest integer of a structured field (RFC 9651, section 3.3.1). The other styles keep to it
/// as well, since clients read their numbers as doubles.
const LARGEST: u64 = 999_999_999_999_999;

/// One limit as a response tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) name: Name,
    pub(crate) quota: Quota,
    pub(crate) outcome: Outcome,
}

impl Told {
    fn remaining(&self) -> u64 {
        self.outcome.remaining().min(LARGEST)
    }

    /// Of a pass until all is back, of a refusal until the same call would pass; `None` if it never
    /// would.
    fn until(&self) -> Option<Micros> {
        if self.outcome.allowed { Some(self.outcome.reset()) } else { self.outcome.retry.wait() }
    }

    /// The same for a line that must have a number: where waiting is in vain, until all is back.
    fn until_or_reset(&self) -> Micros {
        self.until().unwrap_or_else(|| self.outcome.reset())
    }
}

/// How it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) headers: Headers,
    pub(crate) reset: Reset,
    pub(crate) on: HeadersOn,
}

impl Style {
    /// Whether a response that passed or was refused says anything: nothing is prepared otherwise.
    pub(crate) const fn says(&self, refused: bool) -> bool {
        match self.headers {
            Headers::None => false,
            _ => refused || matches!(self.on, HeadersOn::Always),
        }
    }

    /// Whether [`write`](Self::write) looks at the time.
    pub(crate) const fn needs_time(&self) -> bool {
        matches!(self.headers, Headers::Legacy | Headers::PerWindow | Headers::Both)
            && matches!(self.reset, Reset::Epoch)
    }

    /// Says it. A map without room for all lines of a limit stays as it is.
    ///
    /// Whether this response says anything was asked before (see [`says`](Self::says)).
    pub(crate) fn write(&self, told: &[Told], now: Micros, headers: &mut HeaderMap) {
        match self.headers {
            Headers::Ietf => ietf::write(told, headers),
            Headers::Legacy => legacy::write(told, self.reset, now, headers),
            Headers::PerWindow => per_window::write(told, self.reset, now, headers),
            Headers::Both => {
                ietf::write(told, headers);
                legacy::write(told, self.reset, now, headers);
            }
            Headers::None => {}
        }
    }
}

/// Whole seconds, rounded up.
const fn seconds(span: Micros) -> u64 {
    span.0.div_ceil(1_000_000)
}
