//! `.enabled(..)` and `.enforce(..)`.

use palisade::{Ratio, Rejection};

use super::row;
use crate::support::{Fault, call, get, late, led, ok};

/// How many of `calls` are refused.
async fn refused(layer: &row::Layer, calls: usize) -> usize {
    let mut refused = 0;
    for _ in 0..calls {
        let answer = call(layer, late(ok()), get()).await.unwrap();
        refused += usize::from(answer.extensions().get::<Rejection>().is_some());
    }
    refused
}

#[tokio::test(start_paused = true)]
async fn a_disabled_layer_passes_everything_and_touches_nothing() {
    let layer = row::strict().enabled(false);
    let before = format!("{:?}", layer.handle().snapshot());
    row::spend(&layer).await;

    assert_eq!(refused(&layer, 3).await, 0);
    let (inner, handle, _) = led();
    let answer = tokio::spawn(call(&layer, inner, get()));
    let reached = handle.next_call().await;
    assert_eq!(reached.request().headers(), get().headers());
    reached.respond(ok());
    let answer = answer.await.unwrap().unwrap();
    assert!(answer.headers().is_empty(), "{:?}", answer.headers());
    assert_eq!(format!("{:?}", layer.handle().snapshot()), before);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_layer_forwards_errors() {
    let (inner, handle, _) = led();
    let answer = tokio::spawn(call(&row::strict().enabled(false), inner, get()));
    handle.next_call().await.fail(Fault("broken"));
    assert_eq!(answer.await.unwrap().unwrap_err(), Fault("broken"));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_counts_what_it_would_refuse_and_refuses_nothing() {
    let layer = row::strict().enforce(Ratio::ZERO);
    row::spend(&layer).await;

    assert_eq!(refused(&layer, 4).await, 0);
    let seen = layer.handle().snapshot();
    assert_eq!((seen.shadowed, seen.rejected), (4, 0));
    assert_eq!(seen.passed, row::SPENT, "a shadowed call is not counted as passed as well");
}

#[tokio::test(start_paused = true)]
async fn a_share_is_enforced_exactly() {
    for percent in [50, 25, 100] {
        let layer = row::strict().enforce(Ratio::percent(percent));
        row::spend(&layer).await;

        assert_eq!(refused(&layer, 20).await, 20 * percent as usize / 100);
        let seen = layer.handle().snapshot();
        assert_eq!(
            (seen.rejected, seen.rejected + seen.shadowed),
            (20 * u64::from(percent) / 100, 20)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn everything_is_enforced_unless_said_otherwise() {
    let layer = row::strict();
    row::spend(&layer).await;
    assert_eq!(refused(&layer, 5).await, 5);
}
