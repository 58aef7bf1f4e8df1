//! How much of a body is held, for whom, and what its readers say of its size.

#![cfg(not(loom))]

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use palisade_core::BoxError;
use palisade_core::replay::{Lost, Recording, Replay};
use palisade_core::test::{ScriptedBody, Step};

mod support;

use support::pipe::{Boxed, Reading, keep, recorded, trailers};

const TOO_LARGE: &str = "the body cannot be sent again: it has more than the 4 bytes that are kept";

// ===== Too large =====

#[test]
fn a_body_of_just_so_many_bytes_is_kept() {
    let (mut first, kept) = keep(ScriptedBody::new([Step::data("ab"), Step::data("cd")]), 4);
    assert_eq!(first.run().bytes, b"abcd");
    assert_eq!(Reading::remade(&kept).all(), b"abcd");
}

#[test]
fn a_body_of_one_byte_more_goes_on_but_is_not_kept() {
    let steps = [Step::data("ab"), Step::data("cd"), Step::data("e"), Step::data("f")];
    let (mut first, kept) = keep(ScriptedBody::new(steps), 4);
    assert!(first.poll() && first.poll() && Boxed::remake(&kept).is_some());
    assert!(Boxed::is_whole(&kept));
    assert!(first.poll() && Boxed::remake(&kept).is_none() && !Boxed::is_whole(&kept));
    assert_eq!(first.all(), b"abcdef");
    assert!(Boxed::remake(&kept).is_none());
}

#[test]
fn a_body_that_says_that_it_is_too_large_is_not_touched() {
    let body = ScriptedBody::new([Step::data("abcde")]).exact_size();
    let watch = body.handle();
    let (body, kept) = Boxed::new(body).keep(4);
    assert!(kept.is_none());
    assert_eq!(Reading::new(body).all(), b"abcde");
    assert_eq!(watch.polls(), 2);
}

#[test]
fn a_reader_that_needs_what_was_thrown_away_fails_rather_than_go_on() {
    let (sender, mut first, kept) = recorded(4);
    let (mut behind, mut near) = (Reading::remade(&kept), Reading::remade(&kept));
    sender.each(["ab", "cd", "e"]);
    sender.close();
    assert!(first.poll() && near.poll() && behind.poll());
    assert!(first.poll() && near.poll());
    assert!(first.poll() && Boxed::remake(&kept).is_none() && !Boxed::is_whole(&kept));
    // Now "ab" is gone, which everybody has read; then "cd", which one has not.
    sender.data("fgh");
    assert!(first.poll());
    assert_eq!(behind.run().error(), TOO_LARGE);
    assert_eq!(behind.bytes, b"ab");
    let lost = *behind.end.unwrap().unwrap_err().downcast::<Lost>().unwrap();
    assert_eq!(lost, Lost::TooLarge { most: 4 });
    assert_eq!((first.all(), near.all()), (b"abcdefgh".to_vec(), b"abcdefgh".to_vec()));
}

#[test]
fn a_reader_that_waits_for_a_frame_too_large_for_the_record_is_told() {
    let (sender, mut first, kept) = recorded(4);
    let mut second = Reading::remade(&kept);
    assert!(!second.poll() && !first.poll());
    sender.data("abcde");
    assert!(first.poll());
    assert!(second.is_woken());
    assert_eq!(second.run().error(), TOO_LARGE);
    sender.close();
    assert_eq!(first.all(), b"abcde");
}

#[test]
fn trailers_count_as_bytes() {
    let (sender, mut first, kept) = recorded(12);
    sender.data("a");
    sender.trailers(trailers());
    first.run();
    assert_eq!(first.trailers, Some(trailers()));
    assert!(Boxed::remake(&kept).is_none(), "13 bytes");
}

#[test]
fn as_many_frames_are_kept_as_take_little_room_themselves() {
    let kept_of = |frames: usize| {
        let steps = (0..frames).map(|_| Step::data("a"));
        let (mut first, kept) = keep(ScriptedBody::new(steps), 64 * 1024);
        assert_eq!(first.run().bytes.len(), frames);
        Boxed::remake(&kept)
    };
    assert_eq!(Reading::new(kept_of(2_048).unwrap()).all().len(), 2_048);
    assert!(kept_of(2_049).is_none());
}

// ===== When nothing is to be remade any more =====

#[test]
fn an_endless_stream_does_not_grow_once_the_call_has_succeeded() {
    let (sender, mut first, kept) = recorded(1_000_000);
    sender.data("before");
    assert!(first.poll());
    assert_eq!(sender.held(), 6);
    drop(kept);
    assert_eq!(sender.held(), 0, "nobody needs it");
    for _ in 0..1_000 {
        sender.data("after");
        assert!(first.poll());
        assert_eq!(sender.held(), 0);
    }
}

#[test]
fn what_a_slower_reader_needs_is_held_and_no_more() {
    let (sender, mut first, kept) = recorded(100);
    let mut slower = Reading::remade(&kept);
    sender.each(["ab", "cd", "ef"]);
    assert!(first.poll() && first.poll() && slower.poll());
    drop(kept);
    assert_eq!(sender.held(), 2);
    assert!(first.poll());
    assert_eq!(sender.held(), 4);
    assert!(slower.poll());
    assert_eq!(sender.held(), 2);
    drop(slower);
    assert_eq!(sender.held(), 0);
}

#[test]
fn a_reader_that_stands_still_holds_no_more_than_the_limit() {
    let (sender, mut first, kept) = recorded(4);
    let mut still = Reading::remade(&kept);
    drop(kept);
    for _ in 0..100 {
        sender.data("ab");
        assert!(first.poll());
        assert!(sender.held() <= 4);
    }
    assert_eq!(still.run().error(), TOO_LARGE);
}

#[test]
fn the_last_reader_reads_the_body_itself() {
    let steps = (0..4).map(|_| Step::data("a"));
    let (mut first, kept) = Recording::of(ScriptedBody::new(steps), 100);
    let second = kept.reader().unwrap();
    let mut source = || {
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut first).poll_frame(cx).is_ready());
        format!("{first:?}")
    };
    assert_eq!(source(), r#"Reader("record")"#);
    drop(kept);
    assert_eq!(source(), r#"Reader("record")"#);
    drop(second);
    assert_eq!(source(), r#"Reader("body")"#);
}

#[test]
fn the_last_reader_is_woken_by_the_body_itself() {
    let (sender, mut first, kept) = recorded(100);
    assert!(!first.poll());
    drop(kept);
    sender.data("a");
    assert!(first.is_woken() && first.poll() && !first.poll());
    sender.data("b");
    assert!(first.is_woken() && first.poll() && !first.poll());
    sender.close();
    assert!(first.is_woken());
    assert_eq!(first.all(), b"ab");
}

#[test]
fn a_body_that_nobody_can_read_on_is_dropped() {
    let (sender, mut first, kept) = recorded(4);
    let lost = Reading::remade(&kept);
    sender.data("abcde");
    assert!(first.poll());
    assert!(!sender.is_dropped());
    drop(first);
    assert!(sender.is_dropped());
    drop((lost, kept));
}

#[test]
fn a_body_whose_waker_is_still_held_is_dropped_with_its_readers() {
    let (sender, mut first, kept) = recorded(100);
    assert!(!first.poll(), "now the pipe holds a waker");
    drop(first);
    assert!(!sender.is_dropped());
    drop(kept);
    assert!(sender.is_dropped());
}

// ===== Sizes =====

#[test]
fn an_exact_size_stays_one_for_each_reader() {
    let steps = [Step::data("ab"), Step::data("cde")];
    let (mut first, kept) = keep(ScriptedBody::new(steps).exact_size().end_known(), 100);
    let exact = |reading: &Reading| reading.body().size_hint().exact();
    assert_eq!(exact(&first), Some(5));
    assert!(first.poll());
    let mut second = Reading::remade(&kept);
    assert_eq!((exact(&first), exact(&second)), (Some(3), Some(5)));
    assert!(first.poll());
    assert_eq!((exact(&first), exact(&second)), (Some(0), Some(5)));
    assert!(first.body().is_end_stream() && !second.body().is_end_stream());
    assert!(second.poll());
    assert_eq!(exact(&second), Some(3));
    assert!(second.poll() && second.body().is_end_stream());
    assert_eq!(exact(&Reading::remade(&kept)), Some(5));
}

#[test]
fn a_body_that_did_not_know_its_size_does_not_know_it_when_it_is_remade() {
    // With a size HTTP/1.1 would not send its trailers.
    let (mut first, kept) = keep(ScriptedBody::new([Step::data("abc")]), 100);
    assert_eq!(first.run().body().size_hint().exact(), None);
    let hint = Reading::remade(&kept).body().size_hint();
    assert_eq!((hint.lower(), hint.upper()), (3, None));
}

#[test]
fn bounds_of_a_size_are_handed_on() {
    struct Between;
    impl Body for Between {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            Poll::Ready(Some(Ok(Frame::data("abc".into()))))
        }

        fn size_hint(&self) -> SizeHint {
            let mut hint = SizeHint::new();
            hint.set_lower(2);
            hint.set_upper(9);
            hint
        }
    }
    let (body, kept) = Boxed::new(Between).keep(100);
    let (mut first, kept) = (Reading::new(body), kept.unwrap());
    assert!(first.poll());
    let of = |reading: &Reading| {
        let hint = reading.body().size_hint();
        (hint.lower(), hint.upper())
    };
    assert_eq!((of(&first), of(&Reading::remade(&kept))), ((2, Some(9)), (5, Some(12))));
}

#[test]
fn a_body_at_its_end_is_given_back_as_it_is() {
    let body = ScriptedBody::new([]).end_known();
    let watch = body.handle();
    let (body, kept) = Boxed::new(body).keep(0);
    let again = Boxed::remake(&kept.unwrap()).unwrap();
    assert!(body.is_end_stream() && again.is_end_stream());
    assert_eq!(again.size_hint().exact(), Some(0));
    drop(body);
    assert!(watch.is_dropped());
}

#[test]
fn readers_cross_threads_as_their_bodies_do() {
    fn both<T: Send + Sync>() {}
    fn send<T: Send>() {}
    use palisade_core::replay::Reader;
    type SyncBody = http_body_util::combinators::BoxBody<Bytes, BoxError>;
    both::<(Reader<SyncBody>, Recording<SyncBody>, Recording<Boxed>)>();
    send::<Reader<Boxed>>();
}
