//! Bodies that are recorded: what their readers see, in whatever order they read.

#![cfg(not(loom))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use palisade_core::BoxError;
use palisade_core::replay::{Lost, Recording, Replay};
use palisade_core::test::{ScriptedBody, Step};

mod support;

use support::pipe::{Boxed, Reading, recorded};

const TOO_LARGE: &str = "the body cannot be sent again: it has more than the 4 bytes that are kept";
const BROKE_OFF: &str = "the body cannot be sent again: it broke off while another attempt read it";

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))])
}

fn keep(body: ScriptedBody, most: usize) -> (Reading, Recording<Boxed>) {
    let (first, kept) = Boxed::new(body).keep(most);
    (Reading::new(first), kept.unwrap())
}

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
    assert!(first.poll() && Boxed::remake(&kept).is_none());
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
    assert!(first.poll() && Boxed::remake(&kept).is_none());
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
