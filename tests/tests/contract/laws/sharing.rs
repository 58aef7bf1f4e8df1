//! State lives in the layer value: applied twice or cloned it is shared, configured it is not.

use tower::{Layer, ServiceExt};

use super::row;
use crate::support::{Req, Res, get, ok, pass};

#[tokio::test(start_paused = true)]
async fn one_layer_applied_twice_shares_its_state() {
    let layer = row::generous();
    let handle = layer.handle();
    pass(&layer).await;
    pass(&layer).await;

    assert_eq!(handle.snapshot().passed, 2);
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_count_together() {
    let layer = row::generous();
    let inner = || palisade::test::ready::<Req, Res>(ok());
    let (one, other) = (layer.layer(inner()), layer.layer(inner()));
    for service in [one.clone(), one, other] {
        service.oneshot(get()).await.unwrap();
    }
    assert_eq!(layer.handle().snapshot().passed, 3);
}

#[tokio::test(start_paused = true)]
async fn a_clone_of_a_layer_counts_with_it() {
    let layer = row::generous();
    let clone = layer.clone();
    pass(&layer).await;
    pass(&clone).await;

    assert_eq!((layer.handle().snapshot().passed, clone.handle().snapshot().passed), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_configured_clone_counts_for_itself() {
    let layer = row::generous();
    pass(&layer).await;
    let other = layer.clone().name("other");
    assert_eq!(other.handle().snapshot().passed, 0);
    pass(&other).await;
    pass(&other).await;

    assert_eq!((layer.handle().snapshot().passed, other.handle().snapshot().passed), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_handle_keeps_watching_what_it_was_taken_from() {
    let layer = row::generous();
    let handle = layer.handle();
    let layer = layer.name("renamed");
    pass(&layer).await;

    assert_eq!(handle.snapshot().passed, 0, "configured after its handle was taken: another");
    assert_eq!(layer.handle().snapshot().passed, 1);
}
