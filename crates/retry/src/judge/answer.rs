//! Responses of HTTP services, whichever type they have.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Extensions, HeaderMap, Response, StatusCode};
use http_body::Body;

/// How much of a failed response's body is read before the next attempt.
const DRAINED: usize = 64 * 1024;

/// An HTTP response.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an HTTP response that a retry can look at",
    label = "neither `http::Response<_>` nor, with the feature `reqwest`, `reqwest::Response`",
    note = "around a service that does not speak HTTP use `.plain()`, or `.plain_boxed()` if its error is a `BoxError`"
)]
pub trait Answer: Sized {
    /// The status.
    fn status(&self) -> StatusCode;

    /// The headers.
    fn headers(&self) -> &HeaderMap;

    /// The extensions, where a layer's rejection is.
    fn extensions(&self) -> &Extensions;

    /// Lets the response go. What of its body is there already is read, up to 64 KiB, so that a short one
    /// has come to its end; nobody waits for more. An HTTP/1 client closes the connection of a body
    /// that is dropped before its end, except that hyper's reads a few kilobytes on.
    fn discard(self) {
        drop(self);
    }
}

impl<B: Body> Answer for Response<B> {
    fn status(&self) -> StatusCode {
        self.status()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn extensions(&self) -> &Extensions {
        self.extensions()
    }

    fn discard(self) {
        drain(self.into_body());
    }
}

#[cfg(feature = "reqwest")]
impl Answer for reqwest::Response {
    fn status(&self) -> StatusCode {
        self.status()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn extensions(&self) -> &Extensions {
        self.extensions()
    }

    fn discard(self) {
        drain(Response::<reqwest::Body>::from(self).into_body());
    }
}

/// Nobody waits for what has not arrived.
fn drain<B: Body>(body: B) {
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    let mut left = DRAINED;
    while !body.is_end_stream()
        && let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx)
    {
        let size = frame.data_ref().map_or(1, bytes::Buf::remaining);
        match left.checked_sub(size.max(1)) {
            Some(less) => left = less,
            None => return,
        }
    }
}
