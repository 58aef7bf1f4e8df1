//! Auto traits: what the hosts ask of a layer, its service and its future.

use palisade::test::{
    Canned, assert_layer, assert_send, assert_send_sync_clone, assert_service, ready,
};
use tower::{Layer, Service};

use super::row;
use crate::support::{Fault, Req, Res, get, ok};

#[test]
fn a_layer_and_its_service_can_be_cloned_and_shared() {
    assert_layer::<_, Canned<Req, Res>>(&row::generous());
    assert_send_sync_clone::<row::Handle>();
}

#[test]
fn a_service_can_be_spawned() {
    assert_service(&row::generous().layer(ready::<Req, Res>(ok())));
}

#[tokio::test]
async fn a_future_can_be_sent() {
    assert_send(&row::generous().layer(ready::<Req, Res>(ok())).call(get()));
}

/// A service that is neither `Send` nor `Sync` can be wrapped, on one thread.
#[tokio::test(start_paused = true)]
async fn no_more_is_asked_of_the_inner_service_than_is_used() {
    let count = std::rc::Rc::new(std::cell::Cell::new(0));
    let inner = tower::service_fn(|_: Req| {
        let count = count.clone();
        async move {
            count.set(count.get() + 1);
            Ok::<Res, Fault>(ok())
        }
    });
    let mut service = row::generous().layer(inner);
    service.call(get()).await.unwrap();
    assert_eq!(count.get(), 1);
}
