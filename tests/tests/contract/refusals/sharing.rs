//! What is spent is spent for all who share a layer's state, and for nobody else.

use tower::{Layer, ServiceExt};

use super::row;
use crate::support::{call, get, late, ok};

#[tokio::test(start_paused = true)]
async fn what_is_spent_through_one_service_is_spent_for_the_other() {
    let layer = row::strict();
    let (one, other) = (layer.layer(late(ok())), layer.layer(late(ok())));
    row::spend(&layer).await;

    for service in [one, other] {
        let answer = service.oneshot(get()).await.unwrap();
        assert_eq!(answer.status(), row::STATUS);
    }
    assert_eq!(layer.handle().snapshot().rejected, 2);
}

#[tokio::test(start_paused = true)]
async fn a_clone_of_a_layer_shares_its_state() {
    let layer = row::strict();
    let clone = layer.clone();
    row::spend(&layer).await;

    assert_eq!(call(&clone, late(ok()), get()).await.unwrap().status(), row::STATUS);
    assert_eq!(layer.handle().snapshot().rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn a_configured_clone_starts_with_fresh_state() {
    let layer = row::strict();
    row::spend(&layer).await;
    let other = layer.clone().name("other");

    assert_eq!(other.handle().snapshot().passed, 0);
    // As if it had been built so: it refuses no sooner than one that is new.
    row::spend(&other).await;
    assert_eq!(other.handle().snapshot().passed, row::SPENT);
    assert_eq!(call(&other, late(ok()), get()).await.unwrap().status(), row::STATUS);
    assert_eq!(layer.handle().snapshot().rejected, 0);
}

#[tokio::test(start_paused = true)]
async fn another_response_mode_is_the_same_layer() {
    let layer = row::strict();
    let handle = layer.handle();
    row::spend(&layer).await;

    assert!(call(&layer.clone().typed(), late(ok()), get()).await.is_err());
    assert!(call(&layer.clone().boxed(), late(ok()), get()).await.is_err());
    let teapot = |_: &_, _: &_| http::Response::new(bytes::Bytes::new());
    assert!(call(&layer.clone().respond_with(teapot), late(ok()), get()).await.is_ok());
    assert!(call(&layer.clone().plain(), late::<_, &str>("late"), "now").await.is_err());
    assert!(call(&layer.clone().plain_boxed(), late::<_, &str>("late"), "now").await.is_err());
    let instead = layer.reject_with(|_| Ok("instead"));
    assert_eq!(call(&instead, late("late"), "now").await, Ok("instead"));

    assert_eq!(handle.snapshot().rejected, 6);
}
