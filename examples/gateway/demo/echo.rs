//! Answers that say what arrived.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Frame;

/// Answers with the request as it arrived: head, body and trailers.
pub(super) fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let head = Bytes::from(Head(&parts).to_string());
    let mut response = Response::new(Body::new(Echo { head: Some(head), body }));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if let Some(trailer) = parts.headers.get(header::TRAILER) {
        headers.insert(header::TRAILER, trailer.clone());
    }
    response
}

struct Head<'r>(&'r axum::http::request::Parts);

impl fmt::Display for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.0.method, self.0.uri)?;
        for (name, value) in &self.0.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        writeln!(f)
    }
}

/// The printed head, then the request's own body as it comes in.
struct Echo {
    head: Option<Bytes>,
    body: Body,
}

impl hyper::body::Body for Echo {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.head.take() {
            Some(head) => Poll::Ready(Some(Ok(Frame::data(head)))),
            None => Pin::new(&mut self.body).poll_frame(cx),
        }
    }
}
