//! One reader of a body that is recorded.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::seat::{Seat, Serving};
use crate::replay::Lost;

/// A body that sends what a recorded one does, from its beginning.
///
/// Frames, trailers, the end and an exact size are those of the recorded body. (Frames without bytes are seen only by the
/// reader that comes to them first. If that body did not know its size, no reader says that it does.) It fails with that
/// body's error if it meets it, and with [`Lost`] if what it needs is gone; it never ends early.
///
/// Dropping it is free of consequences for other readers.
pub struct Reader<B>(Source<B>);

enum Source<B> {
    Empty,
    Taped(Seat<B>),
    /// The recorded body itself: there is no other reader, and none will be.
    Own(B),
}

impl<B> Reader<B> {
    pub(super) const fn empty() -> Self {
        Self(Source::Empty)
    }

    pub(super) const fn taped(seat: Seat<B>) -> Self {
        Self(Source::Taped(seat))
    }
}

impl<B> Body for Reader<B>
where
    B: Body<Data = Bytes, Error: From<Lost>> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let source = &mut self.get_mut().0;
        if let Source::Taped(seat) = source {
            match seat.poll_frame(cx) {
                Serving::Polled(polled) => return polled,
                Serving::Rest(rest) => *source = Source::Own(rest),
            }
        }
        match source {
            Source::Own(body) => Pin::new(body).poll_frame(cx),
            Source::Empty | Source::Taped(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Empty => true,
            Source::Taped(seat) => seat.is_at_end(),
            Source::Own(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Empty => SizeHint::with_exact(0),
            Source::Taped(seat) => seat.size_hint(),
            Source::Own(body) => body.size_hint(),
        }
    }
}

impl<B> fmt::Debug for Reader<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.0 {
            Source::Empty => "empty",
            Source::Taped(_) => "record",
            Source::Own(_) => "body",
        };
        f.debug_tuple("Reader").field(&source).finish()
    }
}
