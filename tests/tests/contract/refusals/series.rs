//! Metrics of refusals: every series is there from the start, and says what happened.

use std::collections::BTreeMap;

use palisade::Ratio;

use super::row;
use crate::published::{IN_FLIGHT, outcome};
use crate::support::{call, get, late, ok, pass};

/// A name of this row's own: two rows may be of one kind, and their tests run side by side.
fn own(name: &str) -> String {
    format!("{name} of {}", module_path!())
}

fn series(name: &str) -> BTreeMap<String, f64> {
    crate::published::series(row::KIND, &own(name))
}

fn rejections() -> String {
    format!("palisade_rejections_total{{reason={}}}", row::REASON)
}

#[tokio::test(start_paused = true)]
async fn every_series_is_there_at_zero_from_the_start() {
    let layer = row::strict().name(own("zero"));
    let seen = series("zero");
    for outcome in ["passed", "rejected", "shadowed", "abandoned"].map(outcome) {
        assert_eq!(seen.get(&outcome), Some(&0.0), "{outcome} of {seen:?}");
    }
    assert_eq!(seen.get(&rejections()), Some(&0.0), "{seen:?}");
    assert_eq!(seen.get(IN_FLIGHT), Some(&0.0), "{seen:?}");

    // And no other turns up later.
    row::spend(&layer).await;
    call(&layer, late(ok()), get()).await.unwrap();
    assert_eq!(series("zero").keys().collect::<Vec<_>>(), seen.keys().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_series_count_what_happened() {
    let layer = row::strict().name(own("count"));
    row::spend(&layer).await;
    for _ in 0..3 {
        call(&layer, late(ok()), get()).await.unwrap();
    }
    layer.handle().set_enforce(Ratio::ZERO);
    call(&layer, late(ok()), get()).await.unwrap();
    layer.handle().set_enforce(Ratio::ONE);
    row::loosen(&layer.handle());
    pass(&layer).await;
    let slow = tokio::spawn(call(&layer, late(ok()), get()));
    tokio::task::yield_now().await;

    let held = f64::from(u8::from(row::HOLDS));
    let seen = series("count");
    assert_eq!(seen[&outcome("passed")], row::SPENT as f64 + 2.0 - held);
    assert_eq!(seen[&outcome("rejected")], 3.0);
    assert_eq!(seen[&rejections()], 3.0);
    assert_eq!(seen[&outcome("shadowed")], 1.0);
    assert_eq!(seen[&outcome("abandoned")], 0.0);
    assert_eq!(seen[IN_FLIGHT], held);

    slow.abort();
    let _ = slow.await;
    let seen = series("count");
    assert_eq!(seen[&outcome("abandoned")], held);
    assert_eq!(seen[IN_FLIGHT], 0.0);
}

#[tokio::test(start_paused = true)]
async fn the_series_and_the_snapshot_agree() {
    let layer = row::strict().name(own("agree"));
    row::spend(&layer).await;
    for _ in 0..2 {
        call(&layer, late(ok()), get()).await.unwrap();
    }
    let (seen, snapshot) = (series("agree"), layer.handle().snapshot());
    assert_eq!(seen[&outcome("passed")], snapshot.passed as f64);
    assert_eq!(seen[&outcome("rejected")], snapshot.rejected as f64);
    assert_eq!(seen[&outcome("shadowed")], snapshot.shadowed as f64);
    assert_eq!(seen[&outcome("abandoned")], snapshot.abandoned as f64);
}
