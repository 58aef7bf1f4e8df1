//! A body passed on frame by frame, never collected.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Frame, SizeHint};

use super::hop::Listed;

/// The body of a message whose head went through [`Listed::remove_from_head`].
#[derive(Debug)]
pub struct Passed<B> {
    inner: B,
    listed: Listed,
}

impl<B> Passed<B> {
    /// `listed` is what the head named, and the trailers lose.
    #[must_use]
    pub fn new(inner: B, listed: Listed) -> Self {
        Self { inner, listed }
    }
}

impl<B: Body + Unpin> Body for Passed<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &mut frame
            && let Some(trailers) = frame.trailers_mut()
        {
            self.listed.remove_from(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
