//! Readers of one body on threads of their own, in every order there is: nobody waits for ever.

#![cfg(loom)]

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http_body::{Body, Frame};
use loom::sync::Notify;
use palisade_core::BoxError;
use palisade_core::replay::{Reader, Recording};
use palisade_core::sync::Mutex;

/// The receiving end of a channel. It remembers one waker: the last.
struct Pipe(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    frames: VecDeque<Bytes>,
    closed: bool,
    waker: Option<Waker>,
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
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None if inner.closed => Poll::Ready(None),
            None => {
                inner.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// A thread's waker.
struct Flag(Notify);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

/// Reads all, and asks again only when woken. (Loom reports who is never woken as a deadlock.)
fn read(mut reader: Reader<Pipe>) -> Vec<u8> {
    let flag = Arc::new(Flag(Notify::new()));
    let waker = Waker::from(Arc::clone(&flag));
    let mut bytes = Vec::new();
    loop {
        match Pin::new(&mut reader).poll_frame(&mut Context::from_waker(&waker)) {
            Poll::Ready(None) => return bytes,
            Poll::Ready(Some(frame)) => bytes.extend(frame.unwrap().into_data().unwrap()),
            Poll::Pending => flag.0.wait(),
        }
    }
}

fn pipe() -> (Arc<Mutex<Inner>>, Pipe) {
    let inner = Arc::new(Mutex::new(Inner::default()));
    (Arc::clone(&inner), Pipe(inner))
}

fn send(inner: &Mutex<Inner>, data: Option<&'static str>) {
    let waker = {
        let mut inner = inner.lock();
        inner.frames.extend(data.map(Bytes::from));
        inner.closed = data.is_none();
        inner.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn model(play: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&orders);
    loom::model(move || {
        seen.fetch_add(1, Relaxed);
        play();
    });
    let orders = orders.load(Relaxed);
    assert!(orders > 100, "only {orders} orders: this is no model of a race");
}

#[test]
fn two_readers_read_all_of_what_a_third_thread_sends() {
    model(|| {
        let (sender, body) = pipe();
        let (first, kept) = Recording::of(body, 100);
        let second = kept.reader().unwrap();
        let threads = [first, second].map(|reader| loom::thread::spawn(|| read(reader)));
        send(&sender, Some("a"));
        send(&sender, None);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), b"a");
        }
    });
}

#[test]
fn a_reader_goes_on_when_the_other_and_the_record_are_dropped() {
    model(|| {
        let (sender, body) = pipe();
        let (first, kept) = Recording::of(body, 100);
        let mut second = kept.reader().unwrap();
        let reading = loom::thread::spawn(|| read(first));
        let leaving = loom::thread::spawn(move || {
            let polled = Pin::new(&mut second).poll_frame(&mut Context::from_waker(Waker::noop()));
            drop((polled, second, kept));
        });
        send(&sender, Some("a"));
        send(&sender, None);
        leaving.join().unwrap();
        assert_eq!(reading.join().unwrap(), b"a");
    });
}
