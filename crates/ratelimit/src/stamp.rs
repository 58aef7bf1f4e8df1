//! The headers that tell clients about their quota.
//!
//! draft-ietf-httpapi-ratelimit-headers: two structured-field lists (RFC 9651), one item for each
//! limit that the request met, so that the headers of several layers add up:
//!
//! ```text
//! RateLimit-Policy: "login";q=5;w=60
//! RateLimit: "login";r=4;t=12
//! ```

use http::{HeaderMap, HeaderName, HeaderValue};
use palisade_core::algorithm::Outcome;
use palisade_core::base::Shared as _;
use palisade_core::{Micros, Name, Quota, Rejection, Respond};
use smallvec::SmallVec;

use crate::options::Headers;
use crate::shared::Shared;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// What a response will say about its limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    name: Name,
    quota: Quota,
    remaining: u64,
    /// In seconds: of a pass until the bucket is full, of a refusal until the same call would pass;
    /// `None` if it never would.
    until: Option<u64>,
}

/// The largest integer of a structured field (RFC 9651, section 3.3.1).
const LARGEST: u64 = 999_999_999_999_999;

/// A header's value while it is written: as long as a usual one, on the stack.
type Text = SmallVec<[u8; 96]>;

impl Stamp {
    /// What is to be said, if anything is, in a mode that answers as `R` does.
    #[inline]
    pub(crate) fn of<Req, Res, Err, R>(shared: &Shared, outcome: Option<Outcome>) -> Option<Self>
    where
        R: Respond<Req, Res, Err>,
    {
        match (shared.fixed.headers, outcome) {
            (Headers::Ietf, Some(outcome)) if R::HEADERS => Some(Self::new(shared, &outcome)),
            _ => None,
        }
    }

    fn new(shared: &Shared, outcome: &Outcome) -> Self {
        let until = if outcome.allowed { Some(outcome.reset()) } else { outcome.retry.wait() };
        Self {
            name: shared.base().name(),
            quota: shared.quota(),
            remaining: outcome.remaining(),
            until: until.map(seconds),
        }
    }

    /// Refuses, and says in the answer's headers what is to be said.
    pub(crate) fn refuse<Req, Res, Err, R>(
        shared: &Shared,
        outcome: Option<Outcome>,
        respond: &R,
        why: Rejection,
        meta: R::Meta,
    ) -> Result<R::Response, R::Error>
    where
        R: Respond<Req, Res, Err>,
    {
        let mut response = respond.reject(why, meta)?;
        if let Some(stamp) = Self::of::<Req, Res, Err, R>(shared, outcome) {
            stamp.apply(R::headers(&mut response));
        }
        Ok(response)
    }

    /// Says it, if there is somewhere to say it.
    pub(crate) fn apply(&self, headers: Option<&mut HeaderMap>) {
        if let Some(headers) = headers {
            self.write(headers);
        }
    }

    fn write(&self, headers: &mut HeaderMap) {
        let mut policy = self.item();
        let (limit, window) = self.terms();
        parameter(b'q', limit, &mut policy);
        if let Some(window) = window {
            parameter(b'w', window, &mut policy);
        }
        append(headers, POLICY, &policy);

        let mut state = self.item();
        parameter(b'r', self.remaining, &mut state);
        if let Some(until) = self.until {
            parameter(b't', until, &mut state);
        }
        append(headers, STATE, &state);
    }

    fn item(&self) -> Text {
        Text::from_slice(self.name.as_quoted().as_bytes())
    }

    /// The quota per window of whole seconds: scaled up to one second, or without a window where
    /// whole seconds cannot say it.
    fn terms(&self) -> (u64, Option<u64>) {
        const SECOND: u64 = 1_000_000;
        let (limit, period) = (u64::from(self.quota.limit()), self.quota.period_micros());
        match period {
            _ if period.is_multiple_of(SECOND) => (limit, Some(period / SECOND)),
            _ if period < SECOND => (limit.saturating_mul(SECOND) / period, Some(1)),
            _ => (limit, None),
        }
    }
}

fn append(headers: &mut HeaderMap, name: HeaderName, text: &Text) {
    if let Ok(value) = HeaderValue::from_bytes(text) {
        // A map that is full (32 768 headers) stays as it is.
        let _ = headers.try_append(name, value);
    }
}

/// Appends `;name=number`.
fn parameter(name: u8, number: u64, text: &mut Text) {
    text.extend_from_slice(&[b';', name, b'=']);
    text.extend_from_slice(itoa::Buffer::new().format(number.min(LARGEST)).as_bytes());
}

/// Whole seconds, rounded up.
fn seconds(span: Micros) -> u64 {
    span.0.div_ceil(1_000_000)
}
