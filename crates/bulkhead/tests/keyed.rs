//! A bulkhead for each key.

#![expect(clippy::panic, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use http::Request;
use palisade_bulkhead::{
    BulkheadHandle, BulkheadLayer, BulkheadService, Header, Key, KeyBy, Missing,
};
use palisade_core::respond::Plain;
use palisade_core::test::{Canned, pending};
use palisade_core::{LayerError, Rejection};
use tokio_test::task::{self, Spawn};
use tower::{Layer, Service};

type Pending = Canned<Request<()>, ()>;
type Keyed<K> = BulkheadService<Pending, K, Plain>;
type Answer<K> = Spawn<<Keyed<K> as Service<Request<()>>>::Future>;

const TENANT: Header = Header("x-tenant");

fn keyed(layer: BulkheadLayer<Header>) -> (Keyed<Header>, BulkheadHandle) {
    let handle = layer.handle();
    (layer.plain().layer(pending()), handle)
}

fn request(tenant: &str) -> Request<()> {
    let request = Request::get("/");
    let request = if tenant.is_empty() { request } else { request.header("x-tenant", tenant) };
    request.body(()).expect("it is valid")
}

/// A call that is in, or waits; or why it is neither.
fn call<K>(service: &Keyed<K>, tenant: &str) -> Result<Answer<K>, Rejection>
where
    K: KeyBy<Request<()>> + Clone,
{
    let mut answer = task::spawn(service.clone().call(request(tenant)));
    match answer.poll() {
        std::task::Poll::Pending => Ok(answer),
        std::task::Poll::Ready(Err(LayerError::Rejected(why))) => Err(why),
        std::task::Poll::Ready(other) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn each_key_has_places_and_a_queue_of_its_own() {
    let (service, handle) = keyed(BulkheadLayer::new(1).max_queued(1).by(TENANT));
    let inside = [call(&service, "a").unwrap(), call(&service, "b").unwrap()];
    let waiting = call(&service, "a").unwrap();
    assert_eq!(call(&service, "a").unwrap_err().reason().label(), "queue_full");
    let now = handle.snapshot();
    assert_eq!((now.in_use, now.waiting, now.keys, now.overflows), (2, 1, 2, 0));
    let keys = handle.keys(10);
    let keys: Vec<_> = keys.iter().map(|key| (key.key.as_str(), key.in_use, key.waiting)).collect();
    assert_eq!(keys, [("a", 1, 1), ("b", 1, 0)]);
    assert_eq!(handle.keys(1).len(), 1);
    drop((inside, waiting));
    let now = handle.snapshot();
    assert_eq!((now.in_use, now.waiting, now.in_flight), (0, 0, 0));
    assert_eq!((handle.keys(9).len(), now.keys), (0, 2), "idle keys are counted, not listed");
}

#[tokio::test(start_paused = true)]
async fn idle_keys_make_room_and_busy_ones_do_not() {
    let (service, handle) = keyed(BulkheadLayer::new(1).max_keys(2).by(TENANT));
    drop(call(&service, "idle").unwrap());
    tokio::time::advance(Duration::from_secs(60)).await;
    let busy = [call(&service, "a").unwrap(), call(&service, "b").unwrap()];
    assert_eq!(handle.snapshot().evictions, 1);
    // Beyond the cap, new keys share one.
    let shared = call(&service, "c").unwrap();
    assert_eq!(call(&service, "d").unwrap_err().reason().label(), "bulkhead_full");
    let now = handle.snapshot();
    assert_eq!((now.keys, now.overflows, now.in_use), (2, 2, 3));
    assert_eq!(handle.keys(9).last().map(|key| key.in_use), Some(1));
    assert!(handle.keys(9).iter().any(|key| key.key.is_empty()));
    drop((busy, shared));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_changes_changes_for_every_key() {
    let (service, handle) = keyed(BulkheadLayer::new(1).max_queued(5).by(TENANT));
    let calls: Vec<_> =
        ["a", "a", "b", "b", "b"].map(|tenant| call(&service, tenant).unwrap()).into();
    assert_eq!((handle.snapshot().in_use, handle.snapshot().waiting), (2, 3));
    handle.set_max_concurrent(2);
    assert_eq!((handle.snapshot().in_use, handle.snapshot().waiting), (4, 1));
    let new = [call(&service, "c").unwrap(), call(&service, "c").unwrap()];
    assert_eq!((handle.snapshot().in_use, handle.snapshot().waiting), (6, 1));
    drop((calls, new));
}

#[tokio::test(start_paused = true)]
async fn requests_without_a_key_share_pass_or_are_refused() {
    let layer = BulkheadLayer::new(1).by(TENANT);
    let (service, handle) = keyed(layer.clone());
    let inside = call(&service, "").unwrap();
    assert_eq!(call(&service, "").unwrap_err().reason().label(), "bulkhead_full");
    assert!(call(&service, "a").is_ok());

    let (service, _) = keyed(layer.clone().on_missing(Missing::Pass));
    let passed = [call(&service, "").unwrap(), call(&service, "").unwrap()];
    let (service, _) = keyed(layer.on_missing(Missing::Reject));
    assert_eq!(call(&service, "").unwrap_err().reason().label(), "key_missing");
    assert_eq!((handle.snapshot().keyless, handle.snapshot().in_use), (5, 1));
    drop((inside, passed));
}

#[tokio::test(start_paused = true)]
async fn a_closure_finds_the_key() {
    let layer = BulkheadLayer::new(1).by_fn(|head| head.header("x-tenant").map(Key::from));
    let service = layer.plain().layer(pending());
    let inside = call(&service, "a").unwrap();
    assert!(call(&service, "a").is_err());
    assert!(call(&service, "b").is_ok());
    drop(inside);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_no_parts_is_everybodys() {
    let layer = BulkheadLayer::new(1).by("global".parse::<palisade_core::key::By>().unwrap());
    let handle = layer.handle();
    let service = layer.plain().layer(pending());
    let inside = call(&service, "a").unwrap();
    assert!(call(&service, "b").is_err());
    assert_eq!(handle.snapshot().keys, 0);
    drop(inside);
}
