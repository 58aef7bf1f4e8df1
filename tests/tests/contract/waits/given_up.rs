//! What a layer holds of the inner service while it waits, and how it calls it after that.

use palisade::test::InnerHandle;
use tokio_test::{
    assert_pending, assert_ready_ok,
    task::{self, Spawn},
};
use tower::{Layer, Service as _, ServiceExt};

use super::row;
use crate::support::{Before, DELAY, Fault, Led, Req, Res, get, led, ok};

type Handle = InnerHandle<Req, Res, Fault>;
type Call = palisade::test::Call<Req, Res, Fault>;
type Service = <row::Layer as Layer<Led>>::Service;
type Future = <Service as tower::Service<Req>>::Future;

/// A call that waits.
struct Waiting {
    answer: Spawn<Future>,
    /// The call of the inner service that is under way already, if there is one.
    under_way: Option<Call>,
    /// Kept, since what it held of the inner service would else be given up by its drop.
    _service: Service,
}

async fn waiting(inner: Led, handle: &Handle) -> Waiting {
    let mut service = row::waiting().layer(inner);
    let mut answer = task::spawn(service.ready().await.unwrap().call(get()));
    assert_pending!(answer.poll());
    let before = handle.try_next_call();
    let under_way = match row::BEFORE {
        Before::Nothing => {
            assert!(before.is_none(), "called before the wait");
            None
        }
        Before::Fails => {
            before.expect("a call before the wait").fail(Fault("broken"));
            assert_pending!(answer.poll());
            None
        }
        Before::Hangs => Some(before.expect("a call before the wait")),
    };
    assert!(handle.try_next_call().is_none(), "called in the wait");
    Waiting { answer, under_way, _service: service }
}

/// How often the inner service is called before the wait.
fn before() -> usize {
    usize::from(row::BEFORE != Before::Nothing)
}

/// Until the wait is over, and whoever ended it has had a turn.
async fn wait() {
    tokio::time::sleep(DELAY).await;
    tokio::task::yield_now().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_of_the_inner_service_is_held_while_a_layer_waits() {
    let (inner, handle, probe) = led();
    handle.allow(before() + 1);
    let mut other = inner.clone();
    let mut call = waiting(inner, &handle).await;

    assert_eq!(probe.counts().unused, 1 - before(), "a readied instance is called or given up");
    assert_ready_ok!(task::spawn(other.ready()).poll(), "and somebody else may be ready");
    drop(other);

    wait().await;
    assert_pending!(call.answer.poll());
    handle.try_next_call().expect("called after the wait").respond(ok());
    assert_eq!(assert_ready_ok!(call.answer.poll()).status(), 200);
    assert_eq!((probe.counts().calls, probe.counts().violations), (before() + 1, 0));
}

#[tokio::test(start_paused = true)]
async fn after_the_wait_a_layer_waits_for_the_inner_service_to_be_ready() {
    let (inner, handle, probe) = led();
    let mut call = waiting(inner, &handle).await;
    handle.hold();
    wait().await;
    assert_pending!(call.answer.poll());
    assert!(handle.is_awaited() && handle.try_next_call().is_none());

    handle.open();
    assert!(call.answer.is_woken());
    assert_pending!(call.answer.poll());
    handle.try_next_call().expect("called when it was ready").respond(ok());
    assert_ready_ok!(call.answer.poll());
    assert_eq!(probe.counts().violations, 0);
}

/// Unless another call is under way, which may still be answered.
#[tokio::test(start_paused = true)]
async fn an_inner_service_that_fails_to_be_ready_after_the_wait_fails_the_call() {
    let (inner, handle, _) = led();
    let mut call = waiting(inner, &handle).await;
    handle.fail_readiness(Fault("gone"));
    let Some(under_way) = call.under_way else {
        return assert_eq!(call.answer.await.unwrap_err(), Fault("gone"));
    };
    wait().await;
    assert_pending!(call.answer.poll());
    assert!(handle.try_next_call().is_none());
    under_way.respond(ok());
    assert_eq!(assert_ready_ok!(call.answer.poll()).status(), 200);
}
