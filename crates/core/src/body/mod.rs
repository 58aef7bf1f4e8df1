//! The response body of every layer that speaks HTTP.

mod hold;
mod watch;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use self::hold::{Cut, Hold};
pub use self::watch::Watch;
use crate::guard::Guard;
use crate::{BoxError, answer};

pin_project! {
    /// The inner service's body, or the few bytes of a layer's own answer.
    ///
    /// A layer answers without asking anything of the inner body's type, so a stack composes with
    /// whatever changes bodies inside it. The size hint and the end of the stream are those of the
    /// inner body: a `Content-Length` stays one.
    ///
    /// The body can hold a [`Guard`] to its end, which has six faces: it is already at its end when
    /// it is wrapped, it returns `None`, trailers, an error, data after which it says that it is at
    /// its end (and is not polled again), or it is dropped. A guard is settled as a success, a
    /// failure or as abandoned accordingly; for a gRPC response the status decides, which stands in
    /// the trailers or, if there is no message, in the head. The HTTP status is not looked at: see
    /// [`classify::response`](crate::classify::response).
    pub struct ResBody<B> {
        #[pin]
        source: Source<B>,
        hold: Hold,
    }
}

pin_project! {
    #[project = SourceProj]
    enum Source<B> {
        Inner { #[pin] body: B },
        // Boxed, since it is rare and would make every response larger.
        Own { bytes: Option<Box<Bytes>> },
    }
}

impl<B> ResBody<B> {
    /// Wraps the inner service's body.
    #[inline]
    pub const fn new(body: B) -> Self {
        Self { source: Source::Inner { body }, hold: Hold::NONE }
    }

    /// A body of the layer's own.
    fn own(bytes: Bytes) -> Self {
        let bytes = (!bytes.is_empty()).then(|| Box::new(bytes));
        Self { source: Source::Own { bytes }, hold: Hold::NONE }
    }
}

impl<B: Body> ResBody<B> {
    /// Wraps the inner service's body and settles `guard` when it ends. `headers` are those of the
    /// response: they tell whether it is a gRPC one.
    pub fn holding(body: B, headers: &HeaderMap, guard: Guard) -> Self {
        let hold = Hold::guard(guard, headers, body.is_end_stream());
        Self { source: Source::Inner { body }, hold }
    }

    /// Wraps the inner service's body and lets `watch` look after it. `headers` are those of the
    /// response.
    pub fn watched(body: B, headers: &HeaderMap, watch: Pin<Box<dyn Watch>>) -> Self {
        let hold = Hold::watch(watch, headers, body.is_end_stream());
        Self { source: Source::Inner { body }, hold }
    }
}

impl<B> Body for ResBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        let polled = match this.source.as_mut().project() {
            SourceProj::Inner { body } => body.poll_frame(cx),
            SourceProj::Own { bytes } => {
                return Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(*bytes))));
            }
        };
        let Poll::Ready(polled) = polled else {
            if !this.hold.is_some() {
                return Poll::Pending;
            }
            let cut = ready!(this.hold.poll_cut(cx));
            return Poll::Ready(Some(this.source.cut(cut)));
        };
        if this.hold.is_some() {
            if let Some(Ok(_)) = &polled
                && let Some(cut) = this.hold.frame()
            {
                return Poll::Ready(Some(this.source.cut(cut)));
            }
            match &polled {
                Some(Err(_)) => this.hold.fail(),
                Some(Ok(frame)) if frame.is_trailers() || this.source.is_end_stream() => {
                    this.hold.complete(frame.trailers_ref());
                }
                Some(Ok(_)) => {}
                None => this.hold.complete(None),
            }
        }
        Poll::Ready(polled.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Inner { body } => body.size_hint(),
            Source::Own { bytes } => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
        }
    }
}

impl<B> Source<B> {
    /// Lets the inner body go; what is said in its place.
    fn cut(mut self: Pin<&mut Self>, cut: Cut) -> Result<Frame<Bytes>, BoxError> {
        self.set(Self::Own { bytes: None });
        match cut.is_grpc {
            true => Ok(Frame::trailers(answer::trailers(&cut.why))),
            false => Err(cut.why.into()),
        }
    }
}

impl<B: Body> Source<B> {
    fn is_end_stream(&self) -> bool {
        match self {
            Self::Inner { body } => body.is_end_stream(),
            Self::Own { bytes } => bytes.is_none(),
        }
    }
}

/// An empty body.
impl<B> Default for ResBody<B> {
    fn default() -> Self {
        Self::own(Bytes::new())
    }
}

impl<B> From<Bytes> for ResBody<B> {
    fn from(bytes: Bytes) -> Self {
        Self::own(bytes)
    }
}

impl<B> fmt::Debug for ResBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            Source::Inner { .. } => "inner",
            Source::Own { .. } => "own",
        };
        f.debug_struct("ResBody")
            .field("source", &source)
            .field("held", &self.hold.is_some())
            .finish()
    }
}
