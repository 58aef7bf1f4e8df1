//! A turn that comes, and no time left for the call.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use palisade_core::respond::Plain;
use palisade_core::test::{InnerHandle, echo, inner};
use palisade_core::{CallContext, Clock, Global, LayerError, Micros, Reason};
use palisade_ratelimit::{RateLimitLayer, Shaper, per_second};
use tokio::time::{Instant, advance};
use tokio_test::task::{self, Spawn};
use tokio_test::{assert_pending, assert_ready};
use tower::{Layer, Service, ServiceExt};

const INTERVAL: Duration = Duration::from_millis(100);

fn layer() -> RateLimitLayer<Global, Plain> {
    RateLimitLayer::with(Shaper::new(per_second(10))).plain()
}

/// A call that has to wait for its turn, within a deadline that is so far away, of a service in the
/// test's hands.
async fn hurried(
    limit: &RateLimitLayer<Global, Plain>,
    time: Duration,
) -> (Spawn<impl Future<Output = Result<(), LayerError<()>>>>, InnerHandle<(), (), ()>) {
    limit.layer(echo()).oneshot(()).await.unwrap();
    let (service, script) = inner();
    let mut service = limit.layer(service);
    service.ready().await.unwrap();
    let soon = Clock::default().now() + Micros::from(time);
    let context = CallContext::current().with_deadline(soon);
    let answer = context.enter(|| service.call(()));
    let mut waiting = task::spawn(context.scope(answer));
    assert_pending!(waiting.poll());
    (waiting, script)
}

#[tokio::test(start_paused = true)]
async fn who_is_not_ready_for_a_call_by_its_deadline_does_not_get_it() {
    let limit = layer();
    let (waiting, script) = hurried(&limit, INTERVAL * 3).await;
    script.hold();
    let begin = Instant::now();
    let why = *waiting.await.unwrap_err().rejection().unwrap();
    assert_eq!((why.reason(), begin.elapsed()), (Reason::Expired, INTERVAL * 3));
    let now = limit.handle().snapshot();
    assert_eq!((now.rejected, now.abandoned, now.in_flight), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_taken_up_after_the_deadline_is_none() {
    let limit = layer();
    let (mut waiting, script) = hurried(&limit, INTERVAL * 2).await;
    advance(INTERVAL * 3).await;
    let answer = assert_ready!(waiting.poll());
    assert_eq!(answer.unwrap_err().rejection().unwrap().reason(), Reason::Expired);
    assert!(script.try_next_call().is_none());

    let (mut waiting, script) = hurried(&limit, INTERVAL * 2).await;
    advance(INTERVAL + Duration::from_millis(1)).await;
    assert_pending!(waiting.poll());
    script.try_next_call().unwrap().respond(());
    assert_eq!(assert_ready!(waiting.poll()), Ok(()));
}
