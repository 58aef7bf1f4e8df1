//! RFC 9457 problem documents.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, header};

use crate::{Rejection, rejection::ceil};

pub(super) fn respond(why: &Rejection) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(document(why)));
    *response.status_mut() = why.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(wait) = why.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(delta_seconds(wait)));
    }
    response
}

/// Whole seconds, rounded up and never 0: a client that comes back too early is refused again.
pub(crate) fn delta_seconds(wait: Duration) -> u64 {
    ceil(wait.as_nanos(), 1_000_000_000).max(1)
}

fn document(why: &Rejection) -> String {
    let mut json = String::with_capacity(192);
    json.push_str(r#"{"title":"#);
    quote(why.reason().title(), &mut json);
    // Writing to a string cannot fail.
    let _ = write!(json, r#","status":{},"detail":"#, why.status().as_u16());
    quote(&why.to_string(), &mut json);
    json.push_str(r#","reason":"#);
    quote(why.reason().label(), &mut json);
    json.push_str(r#","policy":"#);
    quote(why.name(), &mut json);
    if let Some(wait) = why.retry_after() {
        let _ = write!(json, r#","retry_after":{}"#, delta_seconds(wait));
    }
    json.push('}');
    json
}

/// Appends `text` as a JSON string (RFC 8259, section 7).
fn quote(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if c < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}
