//! Waiting in `poll_ready`.

mod scripted;

use std::time::Duration;

use palisade_bulkhead::{Backpressure, BulkheadHandle, BulkheadLayer, Ratio};
use palisade_core::respond::Plain;
use palisade_core::test::{Inner, InnerHandle, Probe, inner};
use palisade_core::{LayerError, Reason};
use tokio_test::task::{self, Spawn};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok};
use tower::{Layer, Service};

use self::scripted::{call, counts, due_in, load, scripted, start};

type Limited = Backpressure<Probe<Inner<u32, u32, &'static str>>, Plain>;

fn limited(layer: BulkheadLayer) -> (Limited, InnerHandle<u32, u32, &'static str>, BulkheadHandle) {
    let (service, script) = inner();
    let handle = layer.handle();
    (layer.backpressure().plain().layer(Probe::new(service)), script, handle)
}

/// An instance and its task.
fn instance(service: &Limited) -> Spawn<Limited> {
    task::spawn(service.clone())
}

fn is_ready(instance: &mut Spawn<Limited>) -> bool {
    instance.enter(|cx, mut service| service.poll_ready(cx)).is_ready()
}

#[test]
fn a_full_service_is_not_ready_until_a_call_ends() {
    let (service, script, handle) = limited(BulkheadLayer::new(1));
    let (mut first, mut second) = (instance(&service), instance(&service));
    assert!(is_ready(&mut first) && is_ready(&mut first), "as often as it is asked");
    assert!(!is_ready(&mut second));
    assert_eq!(load(&handle), (1, 1));
    assert_eq!(handle.snapshot().in_flight, 0, "a place is not yet a call");
    let mut answer = task::spawn(first.call(0));
    assert_eq!(handle.snapshot().in_flight, 1);
    assert!(!is_ready(&mut first), "a call takes the place along");
    script.try_next_call().unwrap().respond(7);
    assert_eq!(assert_ready_ok!(answer.poll()), 7);
    assert!(second.is_woken());
    assert!(is_ready(&mut second));
    drop((first, second));
    assert_eq!(counts(&handle), [1, 0, 0, 0, 0]);
}

#[test]
fn a_readied_service_that_is_dropped_gives_its_place_back() {
    let (service, _script, handle) = limited(BulkheadLayer::new(1));
    let (mut first, mut second, mut third) =
        (instance(&service), instance(&service), instance(&service));
    assert!(is_ready(&mut first) && !is_ready(&mut second) && !is_ready(&mut third));
    drop(first);
    // The second has its turn, and never looks.
    assert!(second.is_woken());
    drop(second);
    assert!(third.is_woken());
    assert!(is_ready(&mut third));
    drop(third);
    assert_eq!(counts(&handle), [0; 5]);
}

#[test]
fn a_clone_is_never_ready() {
    let (service, _script, handle) = limited(BulkheadLayer::new(2));
    let mut first = instance(&service);
    assert!(is_ready(&mut first));
    let clone = (*first).clone();
    assert_eq!(load(&handle), (1, 0));
    drop((first, clone));
    assert_eq!(load(&handle), (0, 0));
}

#[test]
fn a_call_without_a_place_is_refused_if_there_is_none() {
    let (service, script, handle) = limited(BulkheadLayer::new(1));
    let mut first = instance(&service);
    assert!(is_ready(&mut first));
    let mut careless = instance(&service);
    let error = assert_ready_err!(task::spawn(careless.call(0)).poll());
    assert!(matches!(error, LayerError::Rejected(why) if why.reason() == Reason::bulkhead_full(1)));
    let mut impatient = instance(&service);
    assert!(!is_ready(&mut impatient));
    assert_ready_err!(task::spawn(impatient.call(0)).poll());
    assert_eq!(load(&handle), (1, 0), "it no longer waits");
    drop((first, script));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_deadline_has_passed_is_refused_and_its_place_free() {
    let (service, script, handle) = limited(BulkheadLayer::new(1));
    let mut first = instance(&service);
    assert!(is_ready(&mut first));
    let refused = due_in(Duration::ZERO).enter(|| task::spawn(first.call(0)).poll());
    assert_ready_err!(refused);
    assert!(script.try_next_call().is_none());
    assert_eq!(counts(&handle), [0, 0, 1, 0, 0]);
}

#[test]
fn a_limit_that_grows_readies_who_waits() {
    let (service, _script, handle) = limited(BulkheadLayer::new(0));
    let (mut first, mut second) = (instance(&service), instance(&service));
    assert!(!is_ready(&mut first) && !is_ready(&mut second));
    handle.set_max_concurrent(1);
    assert!(first.is_woken() && !second.is_woken());
    assert!(is_ready(&mut first));
    drop((first, second));
}

#[test]
fn switched_off_or_on_trial_it_is_always_ready() {
    let (service, _script, handle) = limited(BulkheadLayer::new(1).enforce(Ratio::ZERO));
    let (mut first, mut second) = (instance(&service), instance(&service));
    assert!(is_ready(&mut first) && is_ready(&mut second));
    let mut answer = task::spawn(second.call(0));
    assert_pending!(answer.poll());
    assert_eq!(load(&handle), (1, 0));
    handle.set_enabled(false);
    let mut third = instance(&service);
    assert!(is_ready(&mut third));
    drop((first, third, answer));
    assert_eq!(counts(&handle), [0, 0, 0, 1, 0]);
}

#[test]
fn the_instance_that_was_readied_is_called() {
    let (service, script, _handle) = limited(BulkheadLayer::new(1));
    let probe = service.get_ref().handle();
    let mut first = instance(&service);
    script.hold();
    assert!(!is_ready(&mut first), "it has a place, and the inner service is not ready");
    script.open();
    assert!(is_ready(&mut first));
    let mut answer = task::spawn(first.call(0));
    script.try_next_call().unwrap().fail("broken");
    assert_eq!(assert_ready!(answer.poll()), Err(LayerError::Inner("broken")));
    assert_eq!(probe.counts().violations, 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_to_be_ready_takes_nobodys_place_in_the_queue() {
    let layer = BulkheadLayer::new(1).max_queued(1);
    let (queued, script, handle) = scripted(layer.clone());
    let (service, _script) = inner::<u32, u32, &'static str>();
    let service = layer.backpressure().plain().layer(Probe::new(service));
    let mut first = start(&queued, 0);
    let mut instances = [instance(&service), instance(&service)];
    assert!(instances.iter_mut().all(|instance| !is_ready(instance)));
    let mut second = start(&queued, 1);
    assert_eq!(load(&handle), (1, 3));
    let LayerError::Rejected(why) = assert_ready_err!(call(&queued, 2).poll()) else { return };
    assert_eq!(why.reason(), Reason::queue_full(1), "of its own kind");
    let now = handle.snapshot();
    assert_eq!((now.waited, now.rejected), (3, 1));

    // They come in in turn all the same.
    script.try_next_call().unwrap().respond(0);
    assert_ready_ok!(first.poll());
    for mut instance in instances {
        assert!(!second.is_woken() && is_ready(&mut instance));
    }
    assert_pending!(second.poll());
    assert_eq!((load(&handle), *script.try_next_call().unwrap().request()), ((1, 0), 1));
    // Whoever has left makes room in the queue, and no more than that.
    let third = start(&queued, 3);
    assert_ready_err!(call(&queued, 4).poll());
    drop((second, third));
    assert_eq!(load(&handle), (0, 0));
}
