//! A body that is recorded while it is read.
//!
//! ```text
//! Recording ──┐
//! Reader ─────┼── Shared<B> ──┬── rest: B, what nobody has read yet; out of its place while somebody polls it
//! Reader ─────┘               └── Tape: frames, who has read how far, who waits; knows nothing of B
//!                                  ^
//!            waker of the rest ────┘
//! ```
//!
//! The rest is polled with the tape as its waker, which wakes every reader that waits, and not with the waker of
//! whoever polled it last: that one may be stalled or gone, and the others would wait for it for ever. The tape does not
//! hold the body, so a waker that the body keeps does not keep the body.

mod frame;
mod loan;
mod place;
mod reader;
mod seat;
mod state;
mod step;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http_body::Body;

pub use self::reader::Reader;
use self::seat::Shared;

/// What a body of frames is remade from: the frames that were read so far, and the rest of the body.
///
/// With it a boxed body of your own can be sent again. The box must take any body ([`Reader`] is one), and its error
/// must be `From<`[`Lost`](super::Lost)`>`:
///
/// ```
/// # use std::pin::Pin;
/// # use std::task::{Context, Poll};
/// use bytes::Bytes;
/// use http_body::{Body, Frame, SizeHint};
/// use palisade_core::BoxError;
/// use palisade_core::replay::{Recording, Replay};
///
/// struct Upload(Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>);
///
/// impl Upload {
///     fn new(body: impl Body<Data = Bytes, Error = BoxError> + Send + 'static) -> Self {
///         Self(Box::pin(body))
///     }
/// }
///
/// impl Replay for Upload {
///     type Kept = Recording<Self>;
///
///     fn keep(self, most: usize) -> (Self, Option<Recording<Self>>) {
///         Recording::start(self, most, Self::new)
///     }
///
///     fn remake(kept: &Recording<Self>) -> Option<Self> {
///         kept.reader().map(Self::new)
///     }
/// }
/// # impl Body for Upload {
/// #     type Data = Bytes;
/// #     type Error = BoxError;
/// #     fn poll_frame(
/// #         mut self: Pin<&mut Self>,
/// #         cx: &mut Context<'_>,
/// #     ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
/// #         self.0.as_mut().poll_frame(cx)
/// #     }
/// #     fn is_end_stream(&self) -> bool { self.0.is_end_stream() }
/// #     fn size_hint(&self) -> SizeHint { self.0.size_hint() }
/// # }
/// ```
///
/// Dropping it ends the recording: what no reader needs any more is let go, and the last reader goes on without it.
pub struct Recording<B> {
    /// `None` is a body without anything in it.
    shared: Option<Arc<Shared<B>>>,
}

impl<B: Body<Data = Bytes> + Unpin> Recording<B> {
    /// Records `body`, and puts its first reader where it was.
    ///
    /// A body at its end is given back as it is, and so is one that has more than `most` bytes, without a recording.
    pub fn start(body: B, most: usize, wrap: impl FnOnce(Reader<B>) -> B) -> (B, Option<Self>) {
        if body.is_end_stream() {
            return (body, Some(Self { shared: None }));
        }
        if body.size_hint().lower() > most as u64 {
            return (body, None);
        }
        let (reader, recording) = Self::of(body, most);
        (wrap(reader), Some(recording))
    }

    /// Records at most `most` bytes of `body`, which is read by the reader.
    ///
    /// For requests whose body need not stay of its type.
    pub fn of(body: B, most: usize) -> (Reader<B>, Self) {
        if body.is_end_stream() {
            return (Reader::empty(), Self { shared: None });
        }
        let shared = Arc::new(Shared::new(body, most));
        let reader = Shared::sit(&shared).map_or_else(Reader::empty, Reader::taped);
        (reader, Self { shared: Some(shared) })
    }
}

impl<B> Recording<B> {
    /// Whether there can be another [`reader`](Self::reader) now.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.is_whole())
    }

    /// Another reader of the whole body.
    ///
    /// `None` if the body turned out to have more bytes than are recorded, or if it broke off.
    #[must_use]
    pub fn reader(&self) -> Option<Reader<B>> {
        match &self.shared {
            Some(shared) => Shared::sit(shared).map(Reader::taped),
            None => Some(Reader::empty()),
        }
    }
}

impl<B> Drop for Recording<B> {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.close();
        }
    }
}

impl<B> fmt::Debug for Recording<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("empty", &self.shared.is_none()).finish_non_exhaustive()
    }
}
