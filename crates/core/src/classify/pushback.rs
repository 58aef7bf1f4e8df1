//! What a response says about calling again.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};

use super::{GRPC_STATUS, is_grpc_response};
use crate::Micros;

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
        Duration::from_millis(number(headers.get("grpc-retry-pushback-ms")?.as_bytes())?)
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

/// Whether a response says that there were too many calls: HTTP 429, or RESOURCE_EXHAUSTED in the
/// head of a gRPC response. It is no failure, but no sign of recovery either.
#[must_use]
pub fn is_throttled(status: StatusCode, headers: &HeaderMap) -> bool {
    let exhausted = || headers.get(GRPC_STATUS).is_some_and(|code| code == "8");
    status == StatusCode::TOO_MANY_REQUESTS || (is_grpc_response(headers) && exhausted())
}

/// Digits only: no sign and no spaces.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // More digits than fit are a long time, too.
    let digits = text.iter().map(|digit| u64::from(digit - b'0'));
    Some(digits.fold(0, |sum: u64, digit| sum.saturating_mul(10).saturating_add(digit)))
}

fn until(date: SystemTime, now: Micros) -> Option<Duration> {
    let date = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    date.checked_sub(now.to_duration())
}
