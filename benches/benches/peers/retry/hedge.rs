//! Hedges of calls that are quick: at once, or at the second poll.

use std::time::Duration;

use palisade::Ratio;
use palisade::retry::HedgeLayer;
use palisade_benches::drive::drive;
use palisade_benches::svc::{Flaky, PendingOnce};
use palisade_benches::{Bench, Group};
use tower::hedge::Hedge;
use tower_layer::Layer;
use tower_resilience::hedge::HedgeLayer as Resilience;
use tower_service::Service;

use super::settings::Twice;

/// No call takes so long.
const DELAY: Duration = Duration::from_secs(3);

pub(crate) fn benches() -> Vec<Bench> {
    // In the second group it is missing: it polls only what has woken it, and here nothing wakes.
    let at_once = group("hedge, ready at once", Flaky)
        .peer("tower-resilience, after a fixed time", || {
            calls(Resilience::new(DELAY).layer(Flaky))
        });
    [at_once, group("hedge, pending once", PendingOnce(Flaky))].map(Bench::Calls).into()
}

/// The service's error can be cloned, as tower-resilience wants it; none comes up.
fn group<S>(title: &str, inner: S) -> Group
where
    S: Service<u64, Response = u64, Error = palisade_benches::svc::Failed> + Copy + Send + 'static,
    S::Future: Send,
{
    let learnt = || HedgeLayer::percentile(Ratio::percent(95)).plain();
    Group::new(title)
        .bare(move || calls(inner))
        .ours("palisade, after a fixed time", move || {
            calls(HedgeLayer::after(DELAY).plain().layer(inner))
        })
        .ours("palisade, after the p95", move || calls(learnt().layer(inner)))
        .peer("tower Hedge, after the p95", move || {
            let minute = Duration::from_secs(60);
            calls(Hedge::new(inner, Twice, u64::MAX, 0.95, minute))
        })
}

fn calls<S: Service<u64, Response = u64>>(mut service: S) -> impl FnMut(u64) {
    move |calls| drive(&mut service, || 1, calls)
}
