//! Handles: settings change while calls run, with state kept.

use tower::{Layer, Service, ServiceExt};

use super::row;
use crate::support::{Req, Res, call, get, late, ok, pass};

#[tokio::test(start_paused = true)]
async fn settings_change_and_what_was_counted_is_kept() {
    let layer = row::generous();
    let mut service = layer.layer(palisade::test::ready::<Req, Res>(ok()));
    let handle = layer.handle();
    for passed in 1..=3 {
        service.ready().await.unwrap().call(get()).await.unwrap();
        assert_eq!(handle.snapshot().passed, passed);
        row::loosen(&handle);
        assert_eq!(handle.snapshot().passed, passed, "the counts are kept");
    }
}

/// Whoever came in while it was on is still accounted for when it is off.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_under_way_when_its_layer_is_switched_off_ends_as_it_began() {
    let layer = row::generous();
    let handle = layer.handle();
    let slow = tokio::spawn(call(&layer, late(ok()), get()));
    tokio::task::yield_now().await;
    handle.set_enabled(false);
    assert_eq!(handle.snapshot().in_flight, u64::from(row::HOLDS));
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    assert_eq!((handle.snapshot().in_flight, handle.snapshot().passed), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_switched_off_counts_nothing_until_it_is_on_again() {
    let layer = row::generous();
    let mut service = layer.layer(palisade::test::ready::<Req, Res>(ok()));
    let handle = layer.handle();
    for (enabled, passed) in [(true, 1), (false, 1), (true, 2)] {
        handle.set_enabled(enabled);
        assert_eq!(handle.snapshot().enabled, enabled);
        assert_eq!(service.ready().await.unwrap().call(get()).await.unwrap().status(), 200);
        assert_eq!(handle.snapshot().passed, passed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_and_its_clones_outlive_their_layer() {
    let layer = row::generous().name("front door");
    let (handle, other) = (layer.handle(), layer.handle().clone());
    pass(&layer).await;
    drop(layer);

    assert_eq!((handle.snapshot().passed, other.snapshot().passed), (1, 1));
    assert_eq!(handle.snapshot().name, "front door");
}
