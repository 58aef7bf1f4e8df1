//! Handles: settings that decide about refusals change while calls run; invalid ones are refused.

use palisade::Ratio;
use tower::{Layer, Service, ServiceExt};

use super::row;
use crate::support::{call, get, late, ok};

#[tokio::test(start_paused = true)]
async fn settings_change_under_a_running_service() {
    let layer = row::strict();
    row::spend(&layer).await;
    let mut service = layer.layer(late(ok()));
    assert_eq!(service.ready().await.unwrap().call(get()).await.unwrap().status(), row::STATUS);

    let handle = layer.handle();
    row::loosen(&handle);
    for _ in 0..3 {
        assert_eq!(service.ready().await.unwrap().call(get()).await.unwrap().status(), 200);
    }
    let seen = handle.snapshot();
    assert_eq!((seen.rejected, seen.passed), (1, row::SPENT + 3), "the counts are kept");
}

#[tokio::test(start_paused = true)]
async fn a_running_service_is_switched_off_and_on() {
    let layer = row::strict();
    row::spend(&layer).await;
    let mut service = layer.layer(late(ok()));
    let handle = layer.handle();
    for (enabled, status) in [(false, 200), (true, row::STATUS)] {
        handle.set_enabled(enabled);
        assert_eq!(handle.snapshot().enabled, enabled);
        assert_eq!(service.ready().await.unwrap().call(get()).await.unwrap().status(), status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_service_is_put_on_a_dry_run() {
    let layer = row::strict();
    row::spend(&layer).await;
    let mut service = layer.layer(late(ok()));
    let handle = layer.handle();
    for (enforce, status) in [(Ratio::ZERO, 200), (Ratio::ONE, row::STATUS)] {
        handle.set_enforce(enforce);
        assert_eq!(handle.snapshot().enforce, enforce);
        assert_eq!(service.ready().await.unwrap().call(get()).await.unwrap().status(), status);
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_setting_is_refused_and_the_old_one_stays() {
    let layer = row::strict();
    row::spend(&layer).await;
    let handle = layer.handle();
    let before = format!("{:?}", handle.snapshot());
    let Some(message) = row::misconfigure(&handle) else { return };

    assert!(!message.is_empty());
    assert_eq!(format!("{:?}", handle.snapshot()), before);
    assert_eq!(call(&layer, late(ok()), get()).await.unwrap().status(), row::STATUS);
}

#[tokio::test(start_paused = true)]
async fn handles_are_clones_of_one_another_and_outlive_the_layer() {
    let layer = row::strict().name("front door");
    let (handle, other) = (layer.handle(), layer.handle().clone());
    row::spend(&layer).await;
    call(&layer, late(ok()), get()).await.unwrap();
    drop(layer);

    assert_eq!((handle.snapshot().rejected, other.snapshot().rejected), (1, 1));
    assert_eq!(handle.snapshot().name, "front door");
}
