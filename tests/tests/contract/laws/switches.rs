//! `.enabled(false)`: as if there were no layer.

use palisade::test::Probe;
use tokio_test::{assert_ready_err, task};
use tower::{Layer, ServiceExt};

use super::row;
use crate::support::{Fault, Req, Res, call, get, led, ok};

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_off_touches_nothing() {
    let layer = row::generous().enabled(false);
    let before = format!("{:?}", layer.handle().snapshot());
    let (inner, handle, probe) = led();
    let answer = tokio::spawn(call(&layer, inner, get()));
    let reached = handle.next_call().await;
    assert_eq!(reached.request().headers(), get().headers());
    assert_eq!(format!("{:?}", layer.handle().snapshot()), before, "nothing is under way");
    reached.respond(ok());

    let answer = answer.await.unwrap().unwrap();
    assert!(answer.headers().is_empty(), "{:?}", answer.headers());
    assert_eq!(format!("{:?}", layer.handle().snapshot()), before);
    assert_eq!((probe.counts().clones, probe.counts().violations), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_off_forwards_an_error() {
    let inner = Probe::new(tower::service_fn(|_: Req| async { Err::<Res, _>(Fault("broken")) }));
    let probe = inner.handle();
    let answer = call(&row::generous().enabled(false), inner, get()).await;
    assert_eq!(answer.unwrap_err(), Fault("broken"));
    assert_eq!(probe.counts().calls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_off_forwards_an_error_of_readiness() {
    let (inner, handle, _) = led();
    handle.fail_readiness(Fault("gone"));
    let mut service = row::generous().enabled(false).layer(inner);
    assert_eq!(assert_ready_err!(task::spawn(service.ready()).poll()), Fault("gone"));
}
