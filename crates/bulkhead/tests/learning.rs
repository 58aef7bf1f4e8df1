//! Bulkheads whose limit follows how their calls fare.

mod scripted;

use std::convert::Infallible;

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use palisade_bulkhead::adaptive::{Outcome, Sample};
use palisade_bulkhead::{Adapt, Aimd, Bulkhead, BulkheadHandle, BulkheadLayer, Header};
use palisade_core::test::pending;
use palisade_core::{BoxError, Late, LayerError, Reason, Rejection};
use tokio_test::{assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt, service_fn};

use self::scripted::{WAIT, call, load, scripted, start};

/// One up when a call is served, half when one is dropped; learns from every call.
#[derive(Clone, Debug)]
struct Stairs(u32);

impl Adapt for Stairs {
    fn limit(&self) -> u32 {
        self.0
    }

    fn adapt(&mut self, sample: &Sample) {
        self.0 = match sample.outcome {
            Outcome::Served => self.0 + 1,
            Outcome::Dropped => self.0 / 2,
        };
    }
}

fn stairs(limit: u32) -> BulkheadLayer {
    BulkheadLayer::new(0).adaptive(Stairs(limit))
}

fn limit(handle: &BulkheadHandle) -> u32 {
    handle.snapshot().limit
}

#[tokio::test(start_paused = true)]
async fn the_limit_grows_with_calls_that_are_served_and_shrinks_with_those_that_fail() {
    let (service, script, handle) = scripted(stairs(2));
    let mut inside = [start(&service, 0), start(&service, 1)];
    assert_ready_err!(call(&service, 2).poll());
    script.try_next_call().unwrap().respond(0);
    assert_ready_ok!(inside[0].poll());
    assert_eq!(limit(&handle), 3);
    script.try_next_call().unwrap().fail("broken");
    assert_ready_err!(inside[1].poll());
    assert_eq!(limit(&handle), 1);
    drop(start(&service, 3));
    assert_eq!(limit(&handle), 1, "who goes away says nothing");
    assert_eq!(load(&handle), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_waits_comes_in_when_the_limit_grows() {
    let (service, script, handle) = scripted(stairs(1).max_queued(9));
    let mut first = start(&service, 0);
    let waiting = [start(&service, 1), start(&service, 2), start(&service, 3)];
    script.try_next_call().unwrap().respond(0);
    assert_ready_ok!(first.poll());
    assert_eq!((limit(&handle), load(&handle)), (2, (2, 1)));
    assert_eq!(waiting.each_ref().map(task::Spawn::is_woken), [true, true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_sample_is_of_the_time_inside_and_of_the_units_in_use() {
    #[derive(Clone, Debug)]
    struct Picky;

    impl Adapt for Picky {
        fn limit(&self) -> u32 {
            2
        }

        fn adapt(&mut self, sample: &Sample) {
            assert_eq!((sample.rtt, sample.in_flight), (WAIT.into(), 2));
        }
    }

    let (service, script, handle) = scripted(BulkheadLayer::new(0).adaptive(Picky).max_queued(1));
    let [gone, other] = [start(&service, 0), start(&service, 1)];
    let mut waits = start(&service, 2);
    tokio::time::advance(WAIT / 2).await;
    drop((gone, script.try_next_call()));
    assert!(waits.poll().is_pending());
    drop(script.try_next_call());
    tokio::time::advance(WAIT).await;
    script.try_next_call().unwrap().respond(0);
    assert_ready_ok!(waits.poll());
    drop(other);
    assert_eq!(handle.snapshot().passed, 1);
}

/// The limit after one call that is answered so, when the head is there and when the body has ended.
async fn after(response: Response<Full<bytes::Bytes>>) -> (u32, u32) {
    let layer = stairs(4);
    let handle = layer.handle();
    let service =
        service_fn(move |_: Request<()>| std::future::ready(Ok::<_, Infallible>(response.clone())));
    let Ok(response) = layer.layer(service).oneshot(Request::new(())).await;
    let at_head = limit(&handle);
    response.into_body().collect().await.expect("it does not break off");
    assert_eq!(handle.snapshot().in_flight, 0);
    (at_head, limit(&handle))
}

#[tokio::test(start_paused = true)]
async fn it_learns_from_the_head_when_the_body_has_ended() {
    let answer = |status: u16| {
        Response::builder().status(status).body(Full::from("answer")).expect("it is valid")
    };
    assert_eq!(after(answer(200)).await, (4, 5));
    assert_eq!(after(answer(404)).await, (4, 5));
    assert_eq!(after(answer(503)).await, (4, 2));
    let mut refused = answer(429);
    refused.extensions_mut().insert(Rejection::new("inner", "limit", Reason::bulkhead_full(1)));
    assert_eq!(after(refused).await, (4, 4), "a refusal of ours says nothing");
}

#[tokio::test(start_paused = true)]
async fn each_key_learns_for_itself() {
    let layer = stairs(2).by(Header("x-tenant"));
    let handle = layer.handle();
    let get = |tenant| Request::get("/").header("x-tenant", tenant).body(()).unwrap();
    let failing = service_fn(|_: Request<()>| async { Err::<(), _>("broken") });
    let layer = layer.plain();
    assert!(layer.layer(failing).oneshot(get("a")).await.is_err());
    let mut waiting = layer.layer(pending::<_, ()>());
    let calls = ["a", "b", "b"].map(|tenant| task::spawn(waiting.call(get(tenant))));
    assert!(assert_ready!(task::spawn(waiting.call(get("a"))).poll()).is_err());
    let keys: Vec<_> =
        handle.keys(9).into_iter().map(|key| (key.key, key.limit, key.in_use)).collect();
    assert_eq!(keys, [("b".to_owned(), 2, 2), ("a".to_owned(), 1, 1)]);
    drop(calls);
}

#[tokio::test(start_paused = true)]
async fn a_number_does_not_replace_an_algorithm() {
    let layer = BulkheadLayer::new(7).adaptive(Aimd::new(1, 100));
    let handle = layer.handle();
    assert_eq!(limit(&handle), 20);
    handle.set_max_concurrent(3);
    assert_eq!((limit(&handle), handle.snapshot().max_concurrent), (20, 3));
    let fresh = layer.clone().name("fresh").handle();
    assert_eq!(limit(&fresh), 20);
}

/// The limit after one call that ends with this error, in a boxed mode and in one that is not.
async fn after_error<E>(error: E) -> (u32, u32)
where
    E: Into<BoxError> + Clone,
{
    let (boxed, plain) = (stairs(4).plain_boxed(), stairs(4).plain());
    let handles = (boxed.handle(), plain.handle());
    let failing = service_fn(move |()| std::future::ready(Err::<(), _>(error.clone())));
    assert!(boxed.layer(failing.clone()).oneshot(()).await.is_err());
    assert!(plain.layer(failing).oneshot(()).await.is_err());
    assert_eq!((handles.0.snapshot().failed, handles.1.snapshot().failed), (1, 1));
    (limit(&handles.0), limit(&handles.1))
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_comes_as_an_error_says_nothing_where_errors_are_looked_into() {
    let local = Rejection::new("inner", "limit", Reason::bulkhead_full(1));
    let timeout = Rejection::new("inner", "slow", Reason::timed_out(Late::Head, WAIT, WAIT));
    assert_eq!(after_error(local).await, (4, 2));
    assert_eq!(after_error(LayerError::<Rejection>::Rejected(local)).await, (4, 2));
    assert_eq!(after_error(timeout).await, (2, 2), "the upstream was asked, and did not answer");
    assert_eq!(after_error("broken").await, (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_http_that_comes_as_an_error_says_nothing_when_boxed() {
    let layer = stairs(4).boxed();
    let handle = layer.handle();
    let local = Rejection::new("inner", "limit", Reason::bulkhead_full(1));
    let refusing = service_fn(move |_: Request<()>| async move {
        Err::<Response<Full<bytes::Bytes>>, _>(LayerError::<Infallible>::Rejected(local))
    });
    assert!(layer.layer(refusing).oneshot(Request::new(())).await.is_err());
    assert_eq!((limit(&handle), handle.snapshot().in_flight), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_a_calls_output_by_hand_is_served_unless_its_permit_says_more() {
    let bulkhead = Bulkhead::new(0).adaptive(Stairs(4));
    let handle = bulkhead.handle();
    assert_eq!(bulkhead.call(async { Err::<(), _>("broken") }).await, Ok(Err("broken")));
    assert_eq!((limit(&handle), handle.snapshot().passed), (5, 1));
    bulkhead.acquire().await.unwrap().failure();
    assert_eq!((limit(&handle), handle.snapshot().failed), (2, 1));
}
