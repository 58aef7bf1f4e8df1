//! Bodies that are recorded: what their readers see, in whatever order they read.

#![cfg(not(loom))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use palisade_core::BoxError;
use palisade_core::replay::Replay;
use palisade_core::test::{ScriptedBody, Step};

mod support;

use support::pipe::{Boxed, Reading, keep, recorded, trailers};

const BROKE_OFF: &str = "the body cannot be sent again: it broke off while another attempt read it";

#[test]
fn a_body_is_remade_after_it_was_read_in_full() {
    let steps = [Step::data("a"), Step::Pending, Step::data("bc"), Step::trailers(trailers())];
    let (mut first, kept) = keep(ScriptedBody::new(steps), 100);
    while first.end.is_none() {
        first.poll();
    }
    for _ in 0..2 {
        let mut again = Reading::remade(&kept);
        assert_eq!(again.run().bytes, b"abc");
        assert_eq!(again.trailers, Some(trailers()));
        assert!(again.end.unwrap().is_ok());
    }
    assert_eq!((first.bytes, first.trailers), (b"abc".to_vec(), Some(trailers())));
}

#[test]
fn a_body_is_remade_before_it_was_read() {
    let (first, kept) = keep(ScriptedBody::new([Step::data("ab"), Step::data("c")]), 100);
    drop(first);
    assert_eq!(Reading::remade(&kept).all(), b"abc");
    assert_eq!(Reading::remade(&kept).all(), b"abc");
}

#[test]
fn a_body_is_remade_after_its_first_reader_gave_up_on_the_way() {
    let (mut first, kept) = keep(ScriptedBody::new([Step::data("ab"), Step::data("c")]), 100);
    assert!(first.poll());
    drop(first);
    assert_eq!(Reading::remade(&kept).all(), b"abc");
}

#[test]
fn two_readers_who_take_turns_both_read_all() {
    let (sender, mut first, kept) = recorded(100);
    let mut second = Reading::remade(&kept);
    sender.data("a");
    sender.data("b");
    assert!(second.poll() && first.poll() && first.poll() && second.poll());
    assert!(!first.poll() && !second.poll());
    sender.data("c");
    sender.close();
    assert_eq!((first.all(), second.all()), (b"abc".to_vec(), b"abc".to_vec()));
}

#[test]
fn nothing_is_read_ahead_of_the_readers() {
    let body = ScriptedBody::new([Step::data("a"), Step::data("b")]);
    let watch = body.handle();
    let (mut first, kept) = keep(body, 100);
    let mut second = Reading::remade(&kept);
    assert_eq!(watch.polls(), 0);
    assert!(first.poll() && second.poll());
    assert_eq!(watch.polls(), 1, "the second is served from the record");
}

#[test]
fn whoever_waits_is_woken_when_another_reader_gets_something() {
    let (sender, mut first, kept) = recorded(100);
    let mut second = Reading::remade(&kept);
    assert!(!first.poll() && !second.poll());
    sender.data("a");
    assert!(first.is_woken() && second.is_woken());
    // The first is stalled, and does not look.
    assert!(second.poll());
    sender.data("b");
    assert!(second.poll());
    assert_eq!(second.bytes, b"ab");
    assert!(!second.poll());
    sender.close();
    assert!(second.is_woken());
}

/// Has nothing at first, and wakes nobody when it has: as a timer that is asked before it has gone off.
struct Late(u8, Option<BoxError>);

impl Body for Late {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0 += 1;
        match self.0 {
            1 => Poll::Pending,
            _ => Poll::Ready(Some(self.1.take().map_or(Ok(Frame::data("a".into())), Err))),
        }
    }
}

#[test]
fn whoever_waits_is_woken_by_the_reader_that_gets_something() {
    for error in [None, Some("reset".into())] {
        let (body, kept) = Boxed::new(Late(0, error)).keep(100);
        let (mut first, mut second) = (Reading::new(body), Reading::remade(&kept.unwrap()));
        assert!(!first.poll() && second.poll());
        assert!(first.is_woken());
    }
}

#[test]
fn whoever_waits_does_not_depend_on_the_reader_who_asked_last() {
    let (sender, mut first, kept) = recorded(100);
    let mut second = Reading::remade(&kept);
    assert!(!first.poll() && !second.poll());
    drop(second);
    sender.data("a");
    assert!(first.is_woken(), "although the pipe was last polled for the second");
    assert!(first.poll());
}

#[test]
fn trailers_are_the_end() {
    let (sender, mut first, kept) = recorded(100);
    sender.data("a");
    sender.trailers(trailers());
    assert!(first.poll() && !first.body().is_end_stream());
    assert!(first.poll() && first.body().is_end_stream());
    assert!(sender.is_dropped(), "nothing is left of the body");
    let mut second = Reading::remade(&kept);
    assert!(second.poll() && !second.body().is_end_stream());
    assert!(second.poll() && second.body().is_end_stream());
}

#[test]
fn frames_without_bytes_are_not_kept() {
    let (sender, mut first, kept) = recorded(100);
    sender.each(["", "a", "", "b"]);
    sender.close();
    for _ in 0..4 {
        assert!(first.poll());
    }
    let mut second = Reading::remade(&kept);
    assert!(second.poll() && second.poll());
    assert_eq!(second.bytes, b"ab");
}

// ===== Failures =====

#[test]
fn an_error_is_the_readers_who_meets_it_and_nothing_is_remade() {
    let (sender, mut first, kept) = recorded(100);
    let mut second = Reading::remade(&kept);
    sender.data("a");
    assert!(first.poll() && second.poll() && !second.poll());
    sender.error("reset");
    assert_eq!(first.run().error(), "reset");
    assert!(second.is_woken());
    assert_eq!(second.run().error(), BROKE_OFF);
    assert!(Boxed::remake(&kept).is_none());
    assert!(sender.is_dropped());
    assert_eq!(sender.held(), 0);
}

#[test]
fn a_panic_breaks_the_body_off_for_the_others() {
    struct Bomb;
    impl Body for Bomb {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            panic!("boom")
        }
    }
    let (body, kept) = Boxed::new(Bomb).keep(100);
    let (mut first, kept) = (Reading::new(body), kept.unwrap());
    let mut second = Reading::remade(&kept);
    assert!(catch_unwind(AssertUnwindSafe(|| first.poll())).is_err());
    assert_eq!(second.run().error(), BROKE_OFF);
    assert_eq!(first.run().error(), BROKE_OFF);
    assert!(Boxed::remake(&kept).is_none());
}
