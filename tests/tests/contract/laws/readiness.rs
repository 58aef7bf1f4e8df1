//! The readied instance is the one called; a clone is never ready; the inner service's readiness is the
//! layer's.

use palisade::test::{Probe, ready};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt};

use super::row;
use crate::support::{Fault, get, led, ok};

#[tokio::test(start_paused = true)]
async fn the_readied_instance_is_the_one_called() {
    let inner = Probe::new(ready(ok()));
    let probe = inner.handle();
    let mut service = row::generous().layer(inner);
    for _ in 0..3 {
        service.ready().await.unwrap().call(get()).await.unwrap();
    }

    let counts = probe.counts();
    assert_eq!((counts.calls, counts.violations, counts.unused), (3, 0, 0));
    assert!(counts.polls_ready <= 3, "polled ready {} times for 3 calls", counts.polls_ready);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_ready_only_once_is_called() {
    let (inner, handle, probe) = led();
    handle.allow(1);
    let mut service = row::generous().layer(inner);
    let mut answer = task::spawn(service.ready().await.unwrap().call(get()));
    assert_pending!(answer.poll());
    handle.try_next_call().expect("the call has reached the inner service").respond(ok());

    assert_eq!(assert_ready_ok!(answer.poll()).status(), 200);
    assert_eq!((probe.counts().violations, probe.counts().unused), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_clone_is_never_ready() {
    let (inner, handle, _) = led();
    handle.allow(1);
    let mut service = row::generous().layer(inner);
    service.ready().await.unwrap();
    let mut clone = service.clone();

    assert_pending!(task::spawn(clone.ready()).poll());
    assert_ready_ok!(task::spawn(service.ready()).poll(), "the original stays ready");
}

#[tokio::test(start_paused = true)]
async fn poll_ready_waits_as_long_as_the_inner_service() {
    let (inner, handle, _) = led();
    handle.hold();
    let mut service = row::generous().layer(inner);
    let mut readied = task::spawn(service.ready());
    assert_pending!(readied.poll());
    assert!(handle.is_awaited() && !readied.is_woken());

    handle.open();
    assert!(readied.is_woken(), "the inner service's wake reaches the caller");
    assert_ready_ok!(readied.poll());
}

/// Or the layer tries once more by itself, and then with an instance that did not fail.
#[tokio::test(start_paused = true)]
async fn poll_ready_passes_the_inner_services_error_on() {
    let (inner, handle, probe) = led();
    handle.fail_readiness(Fault("gone"));
    let mut service = row::generous().layer(inner);

    if row::ATTEMPTS == 1 {
        let error = assert_ready_err!(task::spawn(service.ready()).poll());
        return assert_eq!(error, Fault("gone"));
    }
    assert_ready_ok!(task::spawn(service.ready()).poll());
    let answer = tokio::spawn(service.call(get()));
    handle.next_call().await.respond(ok());
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    assert_eq!((probe.counts().clones > 0, probe.counts().violations), (true, 0));
}
