//! Deadlines in headers.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Micros;
use crate::text::digits::number;

/// The time that a gRPC call has: up to eight digits and a unit (the gRPC protocol over HTTP/2,
/// section "Requests").
pub const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The time that any other request has, in milliseconds.
pub const REQUEST_TIMEOUT_MS: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// More digits than these are no `grpc-timeout`.
const GRPC_DIGITS: usize = 8;

/// The largest number of so many digits.
const GRPC_MOST: u64 = 99_999_999;

/// The units of `grpc-timeout`, from the finest on that we count in, with what each is in microseconds.
const UNITS: [(u8, u64); 5] =
    [(b'u', 1), (b'm', 1_000), (b'S', 1_000_000), (b'M', 60_000_000), (b'H', 3_600_000_000)];

/// How much time the sender of a request gives it: `grpc-timeout` of a gRPC call, of any other
/// `x-request-timeout-ms`.
///
/// `None` if there is no such header, or what is there is malformed: the sender's mistake must not cost
/// it its answer. Nanoseconds are rounded up; more than fits is [`Micros::MAX`].
///
/// ```
/// use http::HeaderMap;
/// use palisade_core::{Micros, deadline};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(deadline::GRPC_TIMEOUT, "250m".parse()?);
/// assert_eq!(deadline::read(&headers, true), Some(Micros(250_000)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn read(headers: &HeaderMap, grpc: bool) -> Option<Micros> {
    if !grpc {
        let millis = number(first(headers, REQUEST_TIMEOUT_MS.as_str())?.as_bytes())?;
        return Some(Micros(millis.saturating_mul(1_000)));
    }
    let (unit, digits) = first(headers, GRPC_TIMEOUT.as_str())?.as_bytes().split_last()?;
    let amount = number(digits).filter(|_| digits.len() <= GRPC_DIGITS)?;
    if *unit == b'n' {
        return Some(Micros(amount.div_ceil(1_000)));
    }
    let (_, micros) = UNITS.iter().find(|(name, _)| name == unit)?;
    Some(Micros(amount.saturating_mul(*micros)))
}

/// The first header of this name. Few requests have it, and each is asked: to look at the names of a
/// dozen headers takes less time than to hash one as long as these.
fn first<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h HeaderValue> {
    let found = headers.iter().find(|(key, _)| key.as_str() == name);
    found.map(|(_, value)| value)
}

/// Gives a request this much time, in the header that [`read`] looks for; rounded down, so that whoever
/// is asked does not think that there is more, but never to nothing.
///
/// Allocates the value, and room for it if the headers have none.
pub fn write(headers: &mut HeaderMap, grpc: bool, time: Micros) {
    let mut text = String::with_capacity(GRPC_DIGITS + 1);
    // Writing to a string cannot fail.
    let _ = if grpc {
        let fits = |&&(_, micros): &&(u8, u64)| time.0 / micros <= GRPC_MOST;
        let (unit, micros) = UNITS.iter().find(fits).copied().unwrap_or((b'H', 3_600_000_000));
        let amount = (time.0 / micros).clamp(1, GRPC_MOST);
        write!(text, "{amount}{}", char::from(unit))
    } else {
        write!(text, "{}", (time.0 / 1_000).max(1))
    };
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(if grpc { GRPC_TIMEOUT } else { REQUEST_TIMEOUT_MS }, value);
    }
}
