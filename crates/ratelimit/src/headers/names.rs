//! The names of the headers, made when this is compiled: a response parses none of them.

use http::{HeaderName, header};
use palisade_core::Quota;
use palisade_core::text::duration;

use super::pair::Pair;

pub(super) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
pub(super) const STATE: HeaderName = HeaderName::from_static("ratelimit");

pub(super) const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
pub(super) const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
pub(super) const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

pub(super) const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
pub(super) const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
pub(super) const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

const LIMIT_SECOND: HeaderName = HeaderName::from_static("x-ratelimit-limit-second");
const LIMIT_MINUTE: HeaderName = HeaderName::from_static("x-ratelimit-limit-minute");
const LIMIT_HOUR: HeaderName = HeaderName::from_static("x-ratelimit-limit-hour");
const LIMIT_DAY: HeaderName = HeaderName::from_static("x-ratelimit-limit-day");
const LIMIT_MONTH: HeaderName = HeaderName::from_static("x-ratelimit-limit-month");
const LIMIT_YEAR: HeaderName = HeaderName::from_static("x-ratelimit-limit-year");

const REMAINING_SECOND: HeaderName = HeaderName::from_static("x-ratelimit-remaining-second");
const REMAINING_MINUTE: HeaderName = HeaderName::from_static("x-ratelimit-remaining-minute");
const REMAINING_HOUR: HeaderName = HeaderName::from_static("x-ratelimit-remaining-hour");
const REMAINING_DAY: HeaderName = HeaderName::from_static("x-ratelimit-remaining-day");
const REMAINING_MONTH: HeaderName = HeaderName::from_static("x-ratelimit-remaining-month");
const REMAINING_YEAR: HeaderName = HeaderName::from_static("x-ratelimit-remaining-year");

/// Every header with a fixed name that any style writes, and `Retry-After`.
///
/// A browser hides a header from a page of another origin unless the server lists it in
/// `Access-Control-Expose-Headers`. With tower-http that is
/// `CorsLayer::new().expose_headers(RATE_LIMIT_HEADERS)`. Of [`Headers::PerWindow`] only the
/// windows with a name of their own are here; `X-RateLimit-Limit-90s` is yours to add.
///
/// ```
/// use palisade_ratelimit::RATE_LIMIT_HEADERS;
///
/// let exposed = RATE_LIMIT_HEADERS.map(|name| name.to_string()).join(", ");
/// assert!(exposed.starts_with("retry-after, ratelimit-policy, ratelimit, ratelimit-limit, "));
/// ```
///
/// [`Headers::PerWindow`]: crate::Headers::PerWindow
pub const RATE_LIMIT_HEADERS: [HeaderName; 21] = [
    header::RETRY_AFTER,
    POLICY,
    STATE,
    LIMIT,
    REMAINING,
    RESET,
    X_LIMIT,
    X_REMAINING,
    X_RESET,
    LIMIT_SECOND,
    LIMIT_MINUTE,
    LIMIT_HOUR,
    LIMIT_DAY,
    LIMIT_MONTH,
    LIMIT_YEAR,
    REMAINING_SECOND,
    REMAINING_MINUTE,
    REMAINING_HOUR,
    REMAINING_DAY,
    REMAINING_MONTH,
    REMAINING_YEAR,
];

impl Pair {
    /// The names that the window of a quota has. Only a window without a name of its own costs
    /// anything: its two names are formatted and parsed.
    pub(super) fn of_window(quota: Quota) -> Option<Self> {
        const SECOND: u64 = 1_000_000;
        const MINUTE: u64 = 60 * SECOND;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        const MONTH: u64 = 30 * DAY;
        const YEAR: u64 = 365 * DAY;

        let (limit, remaining) = match quota.period_micros() {
            SECOND => (LIMIT_SECOND, REMAINING_SECOND),
            MINUTE => (LIMIT_MINUTE, REMAINING_MINUTE),
            HOUR => (LIMIT_HOUR, REMAINING_HOUR),
            DAY => (LIMIT_DAY, REMAINING_DAY),
            MONTH => (LIMIT_MONTH, REMAINING_MONTH),
            YEAR => (LIMIT_YEAR, REMAINING_YEAR),
            _ => {
                let window = duration::display(quota.period());
                let named = |line| HeaderName::try_from(format!("x-ratelimit-{line}-{window}"));
                (named("limit").ok()?, named("remaining").ok()?)
            }
        };
        Some(Self { limit, remaining })
    }
}
