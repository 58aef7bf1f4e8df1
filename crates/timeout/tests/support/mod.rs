//! Bodies that take their time.

#![allow(dead_code, reason = "each test uses some of it")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use palisade_core::{BoxError, Rejection, ResBody};
use palisade_timeout::{TimeoutHandle, TimeoutLayer};
use tokio::time::{Sleep, sleep};
use tower::{Layer, ServiceExt, service_fn};

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Each frame comes so long after it is asked for; after the last comes nothing, unless it `ends`.
pub(crate) struct Slow {
    frames: VecDeque<Duration>,
    ends: bool,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Slow {
    /// So many frames, so far apart.
    pub(crate) fn frames(count: usize, apart: Duration) -> Self {
        Self::after(std::iter::repeat_n(apart, count))
    }

    pub(crate) fn after(frames: impl IntoIterator<Item = Duration>) -> Self {
        Self { frames: frames.into_iter().collect(), ends: true, sleep: None }
    }

    /// Falls silent after its frames.
    pub(crate) fn then_silent(mut self) -> Self {
        self.ends = false;
        self
    }
}

impl Body for Slow {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(wait) = self.frames.front().copied() else {
            return if self.ends { Poll::Ready(None) } else { Poll::Pending };
        };
        if !wait.is_zero() {
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(wait)));
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        self.frames.pop_front();
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
    }
}

/// What the layer makes of a response to a request; the layer is used once.
pub(crate) async fn answer<B: Body>(
    layer: TimeoutLayer,
    request: Request<()>,
    response: Response<B>,
) -> Response<ResBody<B>> {
    let mut response = Some(response);
    let service = service_fn(move |_: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(response.take().expect("called once")))
    });
    let Ok(response) = layer.layer(service).oneshot(request).await;
    response
}

/// The body that the layer makes of a body.
pub(crate) async fn wrap<B: Body>(layer: TimeoutLayer, body: B) -> ResBody<B> {
    answer(layer, Request::new(()), Response::new(body)).await.into_body()
}

/// How many frames of data come until the body ends, and what it is cut with.
pub(crate) async fn read<B>(mut body: ResBody<B>) -> (usize, Option<Rejection>)
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let mut frames = 0;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => frames += usize::from(frame.is_data()),
            Err(error) => return (frames, error.downcast_ref().copied()),
        }
    }
    (frames, None)
}

/// Passed, failed, rejected, shadowed, abandoned.
pub(crate) fn counts(handle: &TimeoutHandle) -> [u64; 5] {
    let now = handle.snapshot();
    assert_eq!(now.in_flight, 0);
    [now.passed, now.failed, now.rejected, now.shadowed, now.abandoned]
}

/// Cut for a late head, for silence, for a late end.
pub(crate) fn late(handle: &TimeoutHandle) -> [u64; 3] {
    let now = handle.snapshot();
    [now.late_head, now.late_idle, now.late_total]
}
