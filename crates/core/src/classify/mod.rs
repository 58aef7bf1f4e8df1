//! What an outcome says about the inner service.
//!
//! Breakers and retries need a verdict on each outcome. The rules, from the most specific on:
//!
//! - A [`Rejection`] (in an error's sources or in a response's extensions): of origin
//!   [`Local`](crate::Origin::Local) it is neutral, of origin [`Upstream`](crate::Origin::Upstream)
//!   a failure.
//! - An error of the inner service is a failure.
//! - A gRPC response is judged by its `grpc-status`: UNKNOWN, DEADLINE_EXCEEDED, INTERNAL and
//!   UNAVAILABLE are failures. It stands in the trailers, or in the head if there is no message. A
//!   stream that ends without one failed.
//! - A gRPC-Web response has its trailers in its data, where we do not look: it is like any other.
//! - Any other HTTP response is a failure if its status is 500 or more.
//!
//! A layer's [`Classify`] applies them or others.

mod by;
mod pushback;
mod unsent;

use std::error::Error;

use http::{HeaderMap, Response, header};
use http_body::Body;

pub use self::by::{BoxErrors, Classify, ClassifyBy, Judge, Standard};
pub use self::pushback::{Pushback, is_throttled, pushback};
pub use self::unsent::is_unsent;
use crate::{Origin, Rejection, rejection};

/// What an outcome says about the inner service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It did its work.
    Success,
    /// It failed.
    Failure,
    /// Nothing: the call never reached it.
    Neutral,
    /// Not known before the response's body has ended.
    AtEnd,
}

/// The verdict on an HTTP response, by the rules of this module.
pub fn response<B: Body>(response: &Response<B>) -> Verdict {
    if let Some(why) = response.extensions().get::<Rejection>() {
        return by_origin(why);
    }
    if response.status().is_server_error() {
        return Verdict::Failure;
    }
    headers(response.headers(), response.body().is_end_stream())
}

/// The verdict on the headers of a response whose body has ended, or has not.
pub(crate) fn headers(headers: &HeaderMap, at_end: bool) -> Verdict {
    if !is_grpc_response(headers) {
        return Verdict::Success;
    }
    match at_end || headers.contains_key(GRPC_STATUS) {
        true => grpc_status(Some(headers)),
        false => Verdict::AtEnd,
    }
}

/// The verdict on an error, by the rules of this module.
#[must_use]
pub fn error(error: &(dyn Error + 'static)) -> Verdict {
    rejection(error).map_or(Verdict::Failure, by_origin)
}

/// The verdict on the trailers of a gRPC stream; `None` if it ended without any.
#[must_use]
pub fn grpc_status(trailers: Option<&HeaderMap>) -> Verdict {
    let status = trailers.and_then(|trailers| trailers.get(GRPC_STATUS));
    match status.map(http::HeaderValue::as_bytes) {
        None | Some(b"2" | b"4" | b"13" | b"14") => Verdict::Failure,
        Some(_) => Verdict::Success,
    }
}

/// Whether the headers are those of a gRPC response; gRPC-Web is another protocol.
#[must_use]
pub fn is_grpc_response(headers: &HeaderMap) -> bool {
    content_type_begins(headers, GRPC) && !content_type_begins(headers, GRPC_WEB)
}

/// Whether the headers are those of a stream of server-sent events, which has no end of its own:
/// `text/event-stream`, in any case and with any parameters.
#[must_use]
pub fn is_event_stream(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return false };
    let media_type = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"text/event-stream")
}

/// Whether the content type begins with `start`, in any case.
pub(crate) fn content_type_begins(headers: &HeaderMap, start: &str) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| {
        let beginning = value.as_bytes().get(..start.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(start.as_bytes()))
    })
}

pub(crate) const GRPC: &str = "application/grpc";
pub(crate) const GRPC_WEB: &str = "application/grpc-web";

const GRPC_STATUS: &str = "grpc-status";

fn by_origin(why: &Rejection) -> Verdict {
    match why.origin() {
        Origin::Local => Verdict::Neutral,
        Origin::Upstream => Verdict::Failure,
    }
}
