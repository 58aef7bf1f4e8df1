//! The layer: who comes in, who is refused, what is given back and what is counted.

mod scripted;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

use palisade_bulkhead::{
    Acquire, Backpressure, Bulkhead, BulkheadHandle, BulkheadLayer, BulkheadService, Call, Permit,
    Ratio,
};
use palisade_core::test::{
    Canned, Probe, assert_layer, assert_send, assert_send_sync_clone, assert_service, echo, inner,
    panics, pending,
};
use palisade_core::{LayerError, Reason};
use tokio_test::{assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt, service_fn};

use self::scripted::{WAIT, call, counts, due_in, load, scripted, start};

#[tokio::test(start_paused = true)]
async fn as_many_come_in_as_there_are_places() {
    let (service, script, handle) = scripted(BulkheadLayer::new(3).name("search"));
    let mut inside: Vec<_> = (0..3).map(|n| start(&service, n)).collect();
    let why = assert_ready_err!(call(&service, 3).poll());
    let LayerError::Rejected(why) = why else { panic!("{why}") };
    assert_eq!(why.reason(), Reason::bulkhead_full(3));
    assert_eq!(why.to_string(), r#"bulkhead full: "search" allows 3 at once"#);
    assert_eq!(load(&handle), (3, 0));
    for (n, answer) in inside.iter_mut().enumerate() {
        script.try_next_call().unwrap().respond(n as u32);
        assert_ready_ok!(answer.poll());
    }
    // Given back when they are ready, though their futures are still there.
    assert_eq!(load(&handle), (0, 0));
    drop(start(&service, 4));
    drop(inside);
    assert_eq!(counts(&handle), [3, 0, 1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn with_no_places_nothing_passes() {
    let (service, _script, handle) = scripted(BulkheadLayer::new(0));
    assert_ready_err!(call(&service, 0).poll());
    handle.set_max_queued(1);
    let waiting = start(&service, 1);
    assert_eq!(load(&handle), (0, 1));
    let weightless = BulkheadLayer::new(0).weigh(|_: &u32| 0).plain();
    assert_eq!(weightless.layer(echo()).oneshot(5_u32).await, Ok(5));
    drop(waiting);
}

#[tokio::test(start_paused = true)]
async fn one_layer_applied_twice_is_one_bulkhead() {
    let layer = BulkheadLayer::new(1).plain();
    let (mut first, mut second) = (layer.layer(pending::<(), ()>()), layer.layer(echo::<()>()));
    let inside = first.ready().await.unwrap().call(());
    assert!(second.ready().await.unwrap().call(()).await.is_err());
    drop(inside);
    assert!(second.ready().await.unwrap().call(()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_setter_detaches_a_layer_from_its_clones_and_a_mode_does_not() {
    let layer = BulkheadLayer::new(1);
    let handle = layer.handle();
    let other = layer.clone().max_queued(7);
    assert_eq!((handle.snapshot().max_queued, other.handle().snapshot().max_queued), (0, 7));
    let typed = layer.weight_by(|_| 1).plain();
    let mut service = typed.layer(pending::<http::Request<()>, ()>());
    let inside = service.ready().await.unwrap().call(http::Request::new(()));
    assert_eq!(load(&handle), (1, 0));
    drop(inside);
}

#[tokio::test(start_paused = true)]
async fn a_call_outlives_its_layer() {
    let (service, script) = inner::<(), (), Infallible>();
    let mut wrapped = BulkheadLayer::new(1).plain().layer(service);
    let mut answer = task::spawn(wrapped.ready().await.unwrap().call(()));
    drop(wrapped);
    let others: Vec<_> = (0..3).map(|_| Bulkhead::new(1)).collect();
    let permits: Vec<_> = others.iter().map(|other| other.try_acquire().unwrap()).collect();
    script.try_next_call().unwrap().respond(());
    assert_ready_ok!(answer.poll());
    assert!(others.iter().all(|other| other.handle().snapshot().in_use == 1));
    drop(permits);
}

#[tokio::test(start_paused = true)]
async fn an_error_gives_the_place_back_and_is_counted() {
    let (service, script, handle) = scripted(BulkheadLayer::new(1));
    let mut answer = start(&service, 0);
    script.try_next_call().unwrap().fail("broken");
    assert_eq!(assert_ready!(answer.poll()), Err(LayerError::Inner("broken")));
    assert_eq!(counts(&handle), [0, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_the_place_back() {
    let layer = BulkheadLayer::new(1).plain();
    let (mut service, handle) = (layer.layer(panics::<(), ()>()), layer.handle());
    let answer = service.ready().await.unwrap().call(());
    tokio::spawn(answer).await.unwrap_err();
    // In `call` itself, too.
    let panics = |()| -> std::future::Ready<Result<(), Infallible>> { panic!("as it should") };
    let mut service = layer.layer(service_fn(panics));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(())))).is_err());
    let now = counts(&handle);
    assert_eq!(now.iter().sum::<u64>(), 2, "{now:?}");
}

#[tokio::test(start_paused = true)]
async fn the_readied_instance_is_the_one_that_is_called() {
    let layer = BulkheadLayer::new(1).plain();
    let mut service = layer.layer(Probe::new(echo::<u32>()));
    let probe = service.get_ref().handle();
    for n in 0..3 {
        assert_eq!(service.ready().await.unwrap().call(n).await, Ok(n));
    }
    let counts = probe.counts();
    assert_eq!((counts.calls, counts.clones, counts.violations), (3, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_deadline_has_passed_is_refused_though_there_is_room() {
    let (service, script, handle) = scripted(BulkheadLayer::new(1));
    let context = due_in(WAIT);
    let _inside = context.enter(|| start(&service, 0));
    drop((_inside, script.try_next_call()));
    tokio::time::advance(WAIT).await;
    let why = context.enter(|| assert_ready_err!(call(&service, 1).poll()));
    assert_eq!(why.rejection().unwrap().reason(), Reason::Expired);
    assert_eq!(counts(&handle), [0, 0, 1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_counts_refusals_and_lets_everybody_pass() {
    let layer = BulkheadLayer::new(1).max_queued(1).enforce(Ratio::ZERO);
    let (service, script, handle) = scripted(layer);
    let mut answers: Vec<_> = (0..4).map(|n| start(&service, n)).collect();
    assert_eq!(load(&handle), (1, 0), "who passes so takes no place, and does not wait");
    for answer in &mut answers {
        script.try_next_call().unwrap().respond(1);
        assert_ready_ok!(answer.poll());
    }
    let expired = due_in(std::time::Duration::ZERO).enter(|| start(&service, 5));
    drop((expired, script.try_next_call()));
    assert_eq!(counts(&handle), [1, 0, 0, 4, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_share_of_refusals_is_acted_on() {
    let (service, _script, handle) = scripted(BulkheadLayer::new(1).enforce(Ratio::percent(50)));
    let inside = start(&service, 0);
    let passed: Vec<_> = (0..10)
        .map(|n| call(&service, n))
        .filter_map(|mut c| c.poll().is_pending().then_some(c))
        .collect();
    assert_eq!((passed.len(), handle.snapshot().rejected), (5, 5));
    drop((inside, passed));
}

#[tokio::test(start_paused = true)]
async fn switched_off_it_does_nothing_at_all() {
    let (service, _script, handle) = scripted(BulkheadLayer::new(1).enabled(false));
    let inside: Vec<_> = (0..3).map(|n| start(&service, n)).collect();
    assert_eq!(counts(&handle), [0; 5]);
    handle.set_enabled(true);
    let more = start(&service, 3);
    assert_eq!(load(&handle), (1, 0));
    drop((inside, more));
    assert_eq!(counts(&handle), [0, 0, 0, 0, 1]);
}

#[test]
fn the_types_fit_into_hosts() {
    assert_send_sync_clone::<Bulkhead>();
    assert_send_sync_clone::<BulkheadHandle>();
    let layer = BulkheadLayer::new(1).plain();
    assert_layer::<_, Canned<String, String>>(&layer);
    assert_service::<BulkheadService<_, _, _, _>, String>(&layer.layer(echo::<String>()));
    let layer = layer.backpressure();
    assert_layer::<_, Canned<String, String>>(&layer);
    assert_service::<Backpressure<_, _>, String>(&layer.layer(echo::<String>()));
    let bulkhead = Bulkhead::new(1);
    assert_send::<Acquire>(&bulkhead.acquire());
    assert_send::<Call<_>>(&bulkhead.call(async {}));
    const fn send_sync<T: Send + Sync>() {}
    send_sync::<Permit>();
}

#[test]
fn it_says_what_it_is() {
    let layer = BulkheadLayer::new(10).max_queued(5).name("search");
    assert_eq!(format!("{layer:?}"), r#"BulkheadLayer("search": 10 at once, 5 wait 1s at most)"#);
    assert_eq!(format!("{:?}", Bulkhead::new(2)), r#"Bulkhead("default": 2 at once)"#);
}
