//! What a response says about calling again.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};

use super::{GRPC_STATUS, is_grpc_response};
use crate::Micros;
use crate::text::digits::number;

const PUSHBACK_MS: &str = "grpc-retry-pushback-ms";

/// How long a response asks to be left alone; `now` is the time that a date is compared with.
///
/// Of HTTP responses only 429 and 503 are heard: `Retry-After` in seconds or as a date (RFC 9110,
/// section 10.2.3). Of gRPC ones it is `grpc-retry-pushback-ms` in the head (gRFC A6); a negative
/// one, "do not call again", is no time and `None`, as is whatever is malformed or has passed. The
/// network says it, so cap it.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue, StatusCode, header};
/// use palisade_core::{Micros, classify::pushback};
///
/// let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("12"))]);
/// let wait = |status| pushback(status, &headers, Micros::ZERO);
/// assert_eq!(wait(StatusCode::SERVICE_UNAVAILABLE), Some(Duration::from_secs(12)));
/// assert_eq!(wait(StatusCode::OK), None);
/// ```
#[must_use]
pub fn pushback(status: StatusCode, headers: &HeaderMap, now: Micros) -> Option<Duration> {
    let wait = if is_grpc_response(headers) {
        Duration::from_millis(number(headers.get(PUSHBACK_MS)?.as_bytes())?)
    } else if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        let value = headers.get(header::RETRY_AFTER)?;
        match number(value.as_bytes()) {
            Some(seconds) => Duration::from_secs(seconds),
            None => until(httpdate::parse_http_date(value.to_str().ok()?).ok()?, now)?,
        }
    } else {
        return None;
    };
    (!wait.is_zero()).then_some(wait)
}

/// Whether a response says that its call is not to be made again: a `grpc-retry-pushback-ms` that is
/// negative or no number (gRFC A6).
#[must_use]
pub fn forbids_retry(headers: &HeaderMap) -> bool {
    headers.get(PUSHBACK_MS).is_some_and(|value| number(value.as_bytes()).is_none())
}

/// Whether a response says that there were too many calls: HTTP 429, or RESOURCE_EXHAUSTED in the
/// head of a gRPC response. It is no failure, but no sign of recovery either.
#[must_use]
pub fn is_throttled(status: StatusCode, headers: &HeaderMap) -> bool {
    let exhausted = || headers.get(GRPC_STATUS).is_some_and(|code| code == "8");
    status == StatusCode::TOO_MANY_REQUESTS || (is_grpc_response(headers) && exhausted())
}

fn until(date: SystemTime, now: Micros) -> Option<Duration> {
    let date = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    date.checked_sub(now.to_duration())
}
