//! Metrics: every series is there from the start, and says what happened.

use std::collections::BTreeMap;

use super::row;
use crate::published::{IN_FLIGHT, outcome};
use crate::support::{Fault, Req, Res, call, get, late, ok, pass};

/// A name of this row's own: two rows may be of one kind, and their tests run side by side.
fn own(name: &str) -> String {
    format!("{name} of {}", module_path!())
}

fn series(name: &str) -> BTreeMap<String, f64> {
    crate::published::series(row::KIND, &own(name))
}

#[tokio::test(start_paused = true)]
async fn all_series_are_there_at_zero_before_the_first_call() {
    let layer = row::generous().name(own("zero"));
    let seen = series("zero");
    for series in [&outcome("passed"), &outcome("abandoned"), IN_FLIGHT] {
        assert_eq!(seen.get(series), Some(&0.0), "{series} of {seen:?}");
    }

    // And no other turns up later, whatever becomes of calls.
    pass(&layer).await;
    let fails = tower::service_fn(|_: Req| async { Err::<Res, _>(Fault("broken")) });
    call(&layer, fails, get()).await.unwrap_err();
    assert_eq!(series("zero").keys().collect::<Vec<_>>(), seen.keys().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_series_say_what_the_snapshot_says() {
    let layer = row::generous().name(own("agree"));
    let agree = || {
        let (seen, snapshot) = (series("agree"), layer.handle().snapshot());
        assert_eq!(seen[&outcome("passed")], snapshot.passed as f64);
        assert_eq!(seen[&outcome("abandoned")], snapshot.abandoned as f64);
        assert_eq!(seen[IN_FLIGHT], snapshot.in_flight as f64);
        [snapshot.passed, snapshot.abandoned, snapshot.in_flight]
    };
    pass(&layer).await;
    let slow = tokio::spawn(call(&layer, late(ok()), get()));
    tokio::task::yield_now().await;
    assert_eq!(agree(), if row::HOLDS { [1, 0, 1] } else { [2, 0, 0] });

    slow.abort();
    let _ = slow.await;
    assert_eq!(agree(), if row::HOLDS { [1, 1, 0] } else { [2, 0, 0] });
}

#[tokio::test(start_paused = true)]
async fn layers_of_one_name_are_summed() {
    let (one, other) = (row::generous().name(own("sum")), row::generous().name(own("sum")));
    pass(&one).await;
    pass(&other).await;
    pass(&other).await;
    assert_eq!(series("sum")[&outcome("passed")], 3.0);
}
