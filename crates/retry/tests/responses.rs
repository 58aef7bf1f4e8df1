//! What becomes of the bodies of failed responses.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};
use palisade_core::test::{BodyHandle, ScriptedBody, Step};
use palisade_retry::Backoff;
use parking_lot::Mutex;
use support::upstream::{Fault, Req, eager, get, ms};
use tokio_test::task::spawn;
use tower::{Layer, ServiceExt, service_fn};

type Answer = Response<ScriptedBody>;

fn fails(body: ScriptedBody) -> Answer {
    Response::builder().status(503).body(body).unwrap()
}

/// What of a failed response's body was read once the second attempt was sent, and whether it was
/// dropped by then.
async fn discarded(body: ScriptedBody) -> (usize, bool) {
    let watch = body.handle();
    let seen = Arc::new(Mutex::new(None));
    let answers = Arc::new(Mutex::new(vec![Response::new(ScriptedBody::new([])), fails(body)]));
    let (saw, watched) = (Arc::clone(&seen), watch.clone());
    let service = service_fn(move |_: Req| {
        let answer = answers.lock().pop().unwrap();
        *saw.lock() = Some((watched.polls(), watched.is_dropped()));
        async move { Ok::<_, Fault>(answer) }
    });
    let response = eager(2).layer(service).oneshot(get()).await.unwrap();
    assert_eq!(response.status(), 200);
    let seen = seen.lock().take().unwrap();
    assert_eq!(watch.polls(), seen.0, "not looked at again");
    seen
}

fn kib(count: usize) -> Step {
    Step::data(Bytes::from(vec![0; count * 1024]))
}

#[tokio::test(start_paused = true)]
async fn what_has_arrived_is_read_to_its_end() {
    let trailers = || Step::trailers(HeaderMap::new());
    assert_eq!(discarded(ScriptedBody::new([])).await, (1, true));
    assert_eq!(discarded(ScriptedBody::new([kib(1), kib(2)])).await, (3, true));
    assert_eq!(discarded(ScriptedBody::new([kib(1), trailers()])).await, (3, true));
    // The end is known: there is nothing more to ask for.
    assert_eq!(discarded(ScriptedBody::new([kib(1), kib(2)]).end_known()).await, (2, true));
    assert_eq!(discarded(ScriptedBody::new([]).end_known()).await, (0, true));
}

#[tokio::test(start_paused = true)]
async fn what_has_not_arrived_is_not_waited_for() {
    assert_eq!(discarded(ScriptedBody::new([Step::Silence])).await, (1, true));
    assert_eq!(discarded(ScriptedBody::new([kib(1), Step::Pending, kib(1)])).await, (2, true));
}

#[tokio::test(start_paused = true)]
async fn what_is_large_is_dropped_at_64_kib() {
    let endless = || (0..10_000).map(|_| kib(16));
    assert_eq!(discarded(ScriptedBody::new(endless())).await, (5, true), "the fifth is too much");
    let four = (0..4).map(|_| kib(16));
    assert_eq!(discarded(ScriptedBody::new(four)).await, (5, true), "the fifth is the end");
    let empty = (0..200_000).map(|_| Step::data(""));
    let (polls, dropped) = discarded(ScriptedBody::new(empty)).await;
    assert!(polls <= 64 * 1024 + 1 && dropped, "pieces of nothing end, too: {polls}");
}

#[tokio::test(start_paused = true)]
async fn what_breaks_off_is_let_go() {
    let broken = ScriptedBody::new([kib(1), Step::error("reset"), kib(1)]);
    assert_eq!(discarded(broken).await, (2, true));
}

/// Answers, in the order in which they are sent, and their bodies.
fn answers(count: usize) -> (Vec<Answer>, Vec<BodyHandle>) {
    let bodies: Vec<_> = (0..count).map(|_| ScriptedBody::new([kib(1)])).collect();
    let handles = bodies.iter().map(ScriptedBody::handle).collect();
    (bodies.into_iter().map(fails).collect(), handles)
}

#[tokio::test(start_paused = true)]
async fn the_last_one_is_not_touched() {
    let (answers, bodies) = answers(3);
    let answers = Mutex::new(answers.into_iter());
    let service = Arc::new(answers);
    let service = service_fn(move |_: Req| {
        let answer = service.lock().next().unwrap();
        async move { Ok::<_, Fault>(answer) }
    });
    let response = eager(3).layer(service).oneshot(get()).await.unwrap();
    let polls: Vec<_> = bodies.iter().map(BodyHandle::polls).collect();
    assert_eq!(polls, [2, 2, 0]);
    let dropped: Vec<_> = bodies.iter().map(BodyHandle::is_dropped).collect();
    assert_eq!(dropped, [true, true, false]);
    drop(response);
}

#[tokio::test(start_paused = true)]
async fn while_the_next_attempt_is_waited_for_a_response_is_kept_and_dropped_with_the_call() {
    let (answers, bodies) = answers(2);
    let service = Arc::new(Mutex::new(answers.into_iter()));
    let service = service_fn(move |_: Req| {
        let answer = service.lock().next().unwrap();
        async move { Ok::<_, Fault>(answer) }
    });
    let layer = eager(2).backoff(Backoff::fixed(ms(100)));
    let mut call = spawn(layer.layer(service).oneshot(get()));
    assert!(call.poll().is_pending());
    assert_eq!((bodies[0].polls(), bodies[0].is_dropped()), (0, false));
    drop(call);
    assert!(bodies[0].is_dropped());
}
