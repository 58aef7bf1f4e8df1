//! Calls that take several places, and limits that change.

mod scripted;

use http::Request;
use palisade_bulkhead::{BulkheadLayer, BulkheadService, One};
use palisade_core::respond::Plain;
use palisade_core::test::{Inner, InnerHandle, inner, ready};
use palisade_core::{Global, LayerError, Reason};
use tokio_test::task::{self, Spawn};
use tokio_test::{assert_pending, assert_ready, assert_ready_ok};
use tower::{Layer, Service, ServiceExt};

use self::scripted::{WAIT, load, scripted, start};

type Weighed = BulkheadService<Inner<u32, u32, ()>, Global, Plain, fn(&u32) -> u32>;

/// Requests weigh what they are, up to a hundred.
fn weighed(layer: BulkheadLayer) -> (Weighed, InnerHandle<u32, u32, ()>) {
    let (service, script) = inner();
    let weight: fn(&u32) -> u32 = |request| *request;
    (layer.weigh(weight).plain().layer(service), script)
}

fn call(service: &Weighed, weight: u32) -> Spawn<<Weighed as Service<u32>>::Future> {
    let mut answer = task::spawn(service.clone().call(weight));
    let _ = answer.poll();
    answer
}

#[tokio::test(start_paused = true)]
async fn a_heavy_call_at_the_front_is_not_starved_by_light_ones() {
    let layer = BulkheadLayer::new(4).max_queued(10);
    let handle = layer.handle();
    let (service, script) = weighed(layer);
    let light: Vec<_> = (0..4).map(|_| call(&service, 1)).collect();
    let mut heavy = call(&service, 3);
    let mut late = call(&service, 1);
    assert_eq!(load(&handle), (4, 2));
    let mut light = light.into_iter();
    for left in [3, 2] {
        drop(light.next());
        assert_eq!(load(&handle), (left, 2), "nobody comes in before the heavy one");
        assert!(!heavy.is_woken() && !late.is_woken());
    }
    drop(light.next());
    assert_eq!(load(&handle), (4, 1));
    assert!(heavy.is_woken() && !late.is_woken());
    assert_pending!(heavy.poll());
    drop(heavy);
    assert_eq!(load(&handle), (2, 0));
    assert!(late.is_woken());
    assert_pending!(late.poll());
    drop((light, late));
    assert_eq!(load(&handle), (0, 0));
    while script.try_next_call().is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_heavy_call_that_leaves_the_front_lets_the_next_in() {
    let layer = BulkheadLayer::new(4).max_queued(10);
    let handle = layer.handle();
    let (service, _script) = weighed(layer);
    let inside = call(&service, 3);
    let heavy = call(&service, 4);
    let light = call(&service, 1);
    assert_eq!(load(&handle), (3, 2));
    drop(heavy);
    assert!(light.is_woken());
    assert_eq!(load(&handle), (4, 0));
    drop((inside, light));
    assert_eq!(load(&handle), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_weight_above_the_limit_is_the_limit_and_none_takes_nothing() {
    let layer = BulkheadLayer::new(4);
    let handle = layer.handle();
    let (service, script) = weighed(layer);
    let mut all = call(&service, u32::MAX);
    assert_eq!(load(&handle), (4, 0));
    let mut none = call(&service, 0);
    for answer in [&mut all, &mut none] {
        script.try_next_call().unwrap().respond(0);
        assert_ready_ok!(answer.poll());
    }
    assert_eq!(load(&handle), (0, 0));
    assert_eq!(handle.snapshot().passed, 2);
}

#[tokio::test(start_paused = true)]
async fn a_closure_weighs_the_head_of_a_request() {
    let layer = BulkheadLayer::new(4).weight_by(|head| match head.path() {
        "/export" => 3,
        _ => 1,
    });
    let handle = layer.handle();
    let service = layer.layer(ready(http::Response::new(String::new())));
    let get = |path| Request::get(path).body(()).unwrap();
    let export = service.clone().oneshot(get("/export")).await.unwrap();
    assert_eq!(load(&handle), (0, 0), "an empty body has ended");
    drop(export);
    let mut service = layer.plain().layer(palisade_core::test::pending::<_, ()>());
    let export = service.ready().await.unwrap().call(get("/export"));
    assert_eq!(load(&handle), (3, 0));
    drop(export);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_grows_lets_those_in_who_wait() {
    let (service, _script, handle) = scripted(BulkheadLayer::new(1).max_queued(10));
    let inside = start(&service, 0);
    let mut waiting: Vec<_> = (1..=3).map(|n| start(&service, n)).collect();
    handle.set_max_concurrent(3);
    let woken: Vec<_> = waiting.iter().map(Spawn::is_woken).collect();
    assert_eq!(woken, [true, true, false]);
    assert_eq!(load(&handle), (3, 1));
    drop((inside, waiting.drain(..)));
    assert_eq!(load(&handle), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_shrinks_waits_for_calls_to_end() {
    let (service, script, handle) = scripted(BulkheadLayer::new(3));
    let mut inside: Vec<_> = (0..3).map(|n| start(&service, n)).collect();
    handle.set_max_concurrent(1);
    assert_eq!(load(&handle), (3, 0));
    for left in [2, 1, 0] {
        let refused = assert_ready!(scripted::call(&service, 9).poll());
        let Err(LayerError::Rejected(why)) = refused else { panic!("{refused:?}") };
        assert_eq!(why.reason(), Reason::bulkhead_full(1));
        script.try_next_call().unwrap().respond(0);
        assert_ready_ok!(inside[2 - left].poll());
        assert_eq!(load(&handle).0, left as u64);
    }
    drop(start(&service, 4));
}

#[tokio::test(start_paused = true)]
async fn a_heavy_call_fits_into_a_limit_that_shrank_below_it() {
    let layer = BulkheadLayer::new(4).max_queued(1).max_wait(WAIT);
    let handle = layer.handle();
    let (service, _script) = weighed(layer);
    let inside = call(&service, 4);
    let heavy = call(&service, 4);
    handle.set_max_concurrent(2);
    drop(inside);
    assert!(heavy.is_woken());
    assert_eq!(load(&handle), (2, 0));
    drop(heavy);
    assert_eq!(load(&handle), (0, 0));
}

#[test]
fn one_is_the_default() {
    assert_eq!(palisade_bulkhead::Weigh::weight(&One, &"anything"), 1);
}
