//! What a response says about calling again.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{GRPC_STATUS, is_grpc_response};
use crate::Micros;
use crate::text::digits::number;

const PUSHBACK_MS: &str = "grpc-retry-pushback-ms";

/// What a response says about calling again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushback {
    /// Nothing.
    Unsaid,
    /// Not to.
    Never,
    /// Not before so much time has passed; perhaps none.
    After(Duration),
}

impl Pushback {
    /// How long it asks to be left alone, if it does.
    #[must_use]
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::After(wait) => Some(wait).filter(|wait| !wait.is_zero()),
            Self::Unsaid | Self::Never => None,
        }
    }
}

/// What a response says about calling again; `now` is the time that a date is compared with.
///
/// Of HTTP responses only 429 and 503 are heard: `Retry-After` in seconds or as a date (RFC 9110,
/// section 10.2.3), where what is malformed says nothing. Of gRPC ones it is `grpc-retry-pushback-ms` in
/// the head, where what is negative or malformed says never (gRFC A6). The network says it, so cap it.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue, StatusCode, header};
/// use palisade_core::{Micros, classify::pushback};
///
/// let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("12"))]);
/// let wait = |status| pushback(status, &headers, Micros::ZERO).wait();
/// assert_eq!(wait(StatusCode::SERVICE_UNAVAILABLE), Some(Duration::from_secs(12)));
/// assert_eq!(wait(StatusCode::OK), None);
/// ```
#[must_use]
pub fn pushback(status: StatusCode, headers: &HeaderMap, now: Micros) -> Pushback {
    if is_grpc_response(headers) {
        return match headers.get(PUSHBACK_MS).map(|value| number(value.as_bytes())) {
            None => Pushback::Unsaid,
            Some(None) => Pushback::Never,
            Some(Some(millis)) => Pushback::After(Duration::from_millis(millis)),
        };
    }
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return Pushback::Unsaid;
    }
    let value = headers.get(header::RETRY_AFTER);
    value.and_then(|value| retry_after(value, now)).map_or(Pushback::Unsaid, Pushback::After)
}

fn retry_after(value: &HeaderValue, now: Micros) -> Option<Duration> {
    match number(value.as_bytes()) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => Some(until(httpdate::parse_http_date(value.to_str().ok()?).ok()?, now)),
    }
}

/// Whether a response says that there were too many calls: HTTP 429, or RESOURCE_EXHAUSTED in the
/// head of a gRPC response. It is no failure, but no sign of recovery either.
#[must_use]
pub fn is_throttled(status: StatusCode, headers: &HeaderMap) -> bool {
    let exhausted = || headers.get(GRPC_STATUS).is_some_and(|code| code == "8");
    status == StatusCode::TOO_MANY_REQUESTS || (is_grpc_response(headers) && exhausted())
}

fn until(date: SystemTime, now: Micros) -> Duration {
    let date = date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    date.saturating_sub(now.to_duration())
}
