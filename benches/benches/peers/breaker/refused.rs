//! An open breaker: what it costs to say no.

use std::time::Duration;

use failsafe::backoff::constant;
use failsafe::failure_policy::consecutive_failures;
use failsafe::futures::CircuitBreaker;
use palisade_benches::drive::{drive, turned_away};
use palisade_benches::floor::{Breaker, Broken, CountWindow, Sole};
use palisade_benches::svc::{By, Flaky};
use palisade_benches::{Bench, Group};
use recloser::{AsyncRecloser, Recloser};
use tower_layer::Layer;
use tower_resilience::circuitbreaker::CircuitBreakerLayer;
use tower_service::Service;

use super::settings::ours;
use crate::limits::DAY;

/// So long it stays open, which is longer than anybody measures.
const WAIT: Duration = DAY;

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("breaker open, refused")
        .bare(|| |calls| drive(&mut Flaky, || 1, calls))
        .floor("floor", || {
            refusals(Broken::new(Flaky, Sole(Breaker::forever(CountWindow::new(1, 1)))))
        })
        .ours("palisade", || refusals(ours().consecutive_failures(1).plain().layer(Flaky)))
        .peer("failsafe, no layer", || {
            let policy = consecutive_failures(1, constant(WAIT));
            let breaker = failsafe::Config::new().failure_policy(policy).build();
            refusals(By(move |request| breaker.call(Flaky.call(request))))
        })
        .peer("recloser, no layer", || {
            let recloser = Recloser::custom().closed_len(1).open_wait(WAIT).build();
            let breaker = AsyncRecloser::from(recloser);
            refusals(By(move |request| breaker.call(Flaky.call(request))))
        })
        .peer("tower-resilience CircuitBreaker", || refusals(resilience().layer(Flaky)));
    vec![Bench::Calls(group)]
}

/// Calls that are all refused, of a service that has failed.
fn refusals<S: Service<u64, Response = u64>>(mut service: S) -> impl FnMut(u64) {
    // Enough of them for those that open a call late.
    turned_away(&mut service, || 0, 4);
    move |calls| turned_away(&mut service, || 1, calls)
}

fn resilience() -> CircuitBreakerLayer {
    let builder = CircuitBreakerLayer::builder().consecutive_failures(1);
    let built = builder.wait_duration_in_open(WAIT).build_with_handle();
    let (layer, _handle) = built.expect("the settings are within bounds");
    layer
}
