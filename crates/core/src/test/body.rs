//! [`ScriptedBody`]: a body that plays a list of steps.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use crate::BoxError;

/// What one poll of a [`ScriptedBody`] does. After the last step the body has ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// A frame of data.
    Data(Bytes),
    /// A frame of trailers.
    Trailers(HeaderMap),
    /// A failure.
    Error(BoxError),
    /// `Pending`, with a wake at once.
    Pending,
    /// `Pending`, now and for ever, without a wake.
    Silence,
}

/// An [`http_body::Body`] that plays a list of steps, and is watched while it does.
///
/// It ends in whichever way is to be tested: by running out (`None`), with trailers, with an
/// error, by saying so together with the last data ([`end_known`](Self::end_known)), before it has
/// begun (no steps and [`end_known`](Self::end_known)), or by being dropped on the way.
///
/// ```
/// use http_body::Body;
/// use http_body_util::BodyExt;
/// use palisade_core::test::{ScriptedBody, Step};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let body = ScriptedBody::new([Step::data("hello, "), Step::Pending, Step::data("world")]);
/// let watch = body.handle();
/// assert_eq!(body.size_hint().exact(), None);
///
/// assert_eq!(body.collect().await.unwrap().to_bytes(), "hello, world");
/// assert_eq!(watch.polls(), 4);
/// assert!(watch.is_dropped());
/// # }
/// ```
#[derive(Debug)]
pub struct ScriptedBody {
    steps: VecDeque<Step>,
    end_known: bool,
    exact: bool,
    watched: Arc<Watched>,
}

/// Watches a [`ScriptedBody`]; outlives it.
#[derive(Clone, Debug)]
pub struct BodyHandle {
    watched: Arc<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    polls: AtomicUsize,
    at_end: AtomicUsize,
    dropped: AtomicBool,
}

impl Step {
    /// A frame of data.
    #[must_use]
    pub fn data(data: impl Into<Bytes>) -> Self {
        Self::Data(data.into())
    }

    /// A frame of trailers.
    #[must_use]
    pub fn trailers(trailers: HeaderMap) -> Self {
        Self::Trailers(trailers)
    }

    /// A failure.
    #[must_use]
    pub fn error(error: impl Into<BoxError>) -> Self {
        Self::Error(error.into())
    }
}

impl ScriptedBody {
    /// A body that plays `steps` and ends.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            end_known: false,
            exact: false,
            watched: Arc::default(),
        }
    }

    /// Says `is_end_stream` as soon as no step is left, as a body with a `Content-Length` does:
    /// hyper then stops polling, and `None` is never seen.
    #[must_use]
    pub fn end_known(mut self) -> Self {
        self.end_known = true;
        self
    }

    /// Gives the exact length of the data that is left as its `size_hint`.
    #[must_use]
    pub fn exact_size(mut self) -> Self {
        self.exact = true;
        self
    }

    /// Watches this body.
    #[must_use]
    pub fn handle(&self) -> BodyHandle {
        BodyHandle { watched: Arc::clone(&self.watched) }
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.watched.polls.fetch_add(1, SeqCst);
        Poll::Ready(match self.steps.pop_front() {
            Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Some(Step::Error(error)) => {
                self.steps.clear();
                Some(Err(error))
            }
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(Step::Silence) => {
                self.steps.push_front(Step::Silence);
                return Poll::Pending;
            }
            None => {
                self.watched.at_end.fetch_add(1, SeqCst);
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.end_known && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.steps.iter().map(|step| match step {
            Step::Data(data) => data.len() as u64,
            _ => 0,
        });
        if self.exact { SizeHint::with_exact(left.sum()) } else { SizeHint::default() }
    }
}

impl Drop for ScriptedBody {
    fn drop(&mut self) {
        self.watched.dropped.store(true, SeqCst);
    }
}

impl BodyHandle {
    /// Polls of `poll_frame`.
    #[must_use]
    pub fn polls(&self) -> usize {
        self.watched.polls.load(SeqCst)
    }

    /// Polls that found nothing left: the one that learns of the end, and any that follow.
    #[must_use]
    pub fn polls_at_end(&self) -> usize {
        self.watched.at_end.load(SeqCst)
    }

    /// Whether the body is gone.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.watched.dropped.load(SeqCst)
    }
}
