//! A body whose frames are sent by the test, as a client's are, and readers that are polled by hand.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use palisade_core::BoxError;
use palisade_core::replay::{Recording, Replay};
use palisade_core::test::ScriptedBody;
use parking_lot::Mutex;
use tokio_test::task::{Spawn, spawn};

/// What is recorded in these tests.
pub(crate) type Boxed = UnsyncBoxBody<Bytes, BoxError>;

/// The receiving end. Like most, it remembers one waker: the last.
pub(crate) struct Pipe(Arc<Mutex<Inner>>);

/// The sending end.
pub(crate) struct Sender {
    inner: Arc<Mutex<Inner>>,
    live: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Inner {
    frames: VecDeque<Result<Frame<Bytes>, BoxError>>,
    closed: bool,
    dropped: bool,
    waker: Option<Waker>,
}

/// Bytes that are counted while they live.
struct Counted(Vec<u8>, Arc<AtomicUsize>);

/// A reader, what it has read, and how that ended.
pub(crate) struct Reading {
    body: Spawn<Boxed>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) end: Option<Result<(), BoxError>>,
}

pub(crate) fn pipe() -> (Sender, Pipe) {
    let inner = Arc::new(Mutex::new(Inner::default()));
    (Sender { inner: Arc::clone(&inner), live: Arc::default() }, Pipe(inner))
}

/// A pipe that is recorded: its sender, its first reader, and what makes others.
pub(crate) fn recorded(most: usize) -> (Sender, Reading, Recording<Boxed>) {
    let (sender, body) = pipe();
    let (first, kept) = Boxed::new(body).keep(most);
    (sender, Reading::new(first), kept.expect("its size is not known"))
}

pub(crate) fn trailers() -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))])
}

/// Records what a script plays.
pub(crate) fn keep(body: ScriptedBody, most: usize) -> (Reading, Recording<Boxed>) {
    let (first, kept) = Boxed::new(body).keep(most);
    (Reading::new(first), kept.expect("its size is not too large"))
}

impl Sender {
    pub(crate) fn data(&self, data: impl Into<Vec<u8>>) {
        let counted = Counted(data.into(), Arc::clone(&self.live));
        self.live.fetch_add(counted.0.len(), SeqCst);
        self.push(Ok(Frame::data(Bytes::from_owner(counted))));
    }

    pub(crate) fn each<const N: usize>(&self, data: [&str; N]) {
        for data in data {
            self.data(data);
        }
    }

    /// Trailers, and the end.
    pub(crate) fn trailers(&self, trailers: HeaderMap) {
        self.inner.lock().closed = true;
        self.push(Ok(Frame::trailers(trailers)));
    }

    pub(crate) fn error(&self, error: &str) {
        self.push(Err(error.into()));
    }

    pub(crate) fn close(&self) {
        self.inner.lock().closed = true;
        self.wake();
    }

    /// The bytes that were read from the pipe, and that somebody still holds.
    pub(crate) fn held(&self) -> usize {
        let inner = self.inner.lock();
        let sent = |frame: &Result<Frame<Bytes>, _>| {
            frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len)
        };
        self.live.load(SeqCst) - inner.frames.iter().map(sent).sum::<usize>()
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.inner.lock().dropped
    }

    fn push(&self, frame: Result<Frame<Bytes>, BoxError>) {
        self.inner.lock().frames.push_back(frame);
        self.wake();
    }

    fn wake(&self) {
        let waker = self.inner.lock().waker.take();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Body for Pipe {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut inner = self.0.lock();
        match inner.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None if inner.closed => Poll::Ready(None),
            None => {
                inner.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.0.lock().dropped = true;
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(self.0.len(), SeqCst);
    }
}

impl Reading {
    pub(crate) fn new(body: Boxed) -> Self {
        Self { body: spawn(body), bytes: Vec::new(), trailers: None, end: None }
    }

    pub(crate) fn remade(kept: &Recording<Boxed>) -> Self {
        Self::new(Boxed::remake(kept).expect("nothing is lost"))
    }

    /// One poll. Whether anything came of it.
    pub(crate) fn poll(&mut self) -> bool {
        match self.body.enter(|cx, body| body.poll_frame(cx)) {
            Poll::Pending => return false,
            Poll::Ready(None) => self.end = Some(Ok(())),
            Poll::Ready(Some(Err(error))) => self.end = Some(Err(error)),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => self.bytes.extend(data),
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            },
        }
        true
    }

    /// Polls for as long as there is something.
    pub(crate) fn run(&mut self) -> &mut Self {
        while self.end.is_none() && self.poll() {}
        self
    }

    /// Reads to the end, which is a good one.
    pub(crate) fn all(mut self) -> Vec<u8> {
        self.run().end.take().expect("it is at its end").expect("it has not failed");
        self.bytes
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.body.is_woken()
    }

    pub(crate) fn body(&self) -> &Boxed {
        &self.body
    }

    /// The error that it ended with.
    pub(crate) fn error(&self) -> String {
        self.end.as_ref().expect("it has ended").as_ref().expect_err("not well").to_string()
    }
}
