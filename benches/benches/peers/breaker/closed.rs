//! A closed breaker, while all calls succeed and while one in a hundred fails.

use failsafe::futures::CircuitBreaker;
use palisade_benches::drive::flaky;
use palisade_benches::floor::{Breaker, Broken, Sole};
use palisade_benches::svc::{By, Flaky, Plain};
use palisade_benches::{Bench, Group};
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

use super::settings::{
    WINDOW, count_window, failsafe_in_a_row, failsafe_time, floor_count, floor_time, ours_count,
    ours_time, recloser_async, resilience_count, resilience_time,
};

/// So often the breaker that reads all of its window for each call is thrown away: as it goes on, a
/// call would take a millisecond.
const FRESH: u64 = 1_000;

pub(crate) fn benches() -> Vec<Bench> {
    [
        count("breaker closed, last 100 calls", Plain),
        time("breaker closed, last 10 s", Plain),
        count("breaker closed, last 100 calls, 1 % fail", Flaky),
        time("breaker closed, last 10 s, 1 % fail", Flaky),
    ]
    .map(Bench::Calls)
    .into()
}

fn count<S>(title: &str, inner: S) -> Group
where
    S: Service<u64, Response = u64, Future: Send, Error: std::error::Error + Send + 'static>
        + Copy
        + Send
        + 'static,
{
    Group::new(title)
        .bare(move || calls(inner))
        .floor("floor", move || calls(floor_count(inner)))
        .floor("floor, counted references", move || {
            calls(Broken::new(inner, Sole(Arc::new(Breaker::new(count_window())))))
        })
        .ours("palisade", move || calls(ours_count().layer(inner)))
        .peer("failsafe, in a row, no layer", move || {
            let (breaker, mut inner) = (failsafe_in_a_row(), inner);
            calls(By(move |request| breaker.call(inner.call(request))))
        })
        .peer("recloser, no layer", move || {
            let (breaker, mut inner) = (recloser_async(), inner);
            calls(By(move |request| breaker.call(inner.call(request))))
        })
        .peer("tower-resilience CircuitBreaker", move || calls(resilience_count().layer(inner)))
}

fn time<S>(title: &str, inner: S) -> Group
where
    S: Service<u64, Response = u64, Future: Send, Error: std::error::Error + Send + 'static>
        + Copy
        + Send
        + 'static,
{
    Group::new(title)
        .bare(move || calls(inner))
        .floor("floor", move || calls(floor_time(inner)))
        .ours("palisade", move || calls(ours_time().layer(inner)))
        .peer("failsafe, no layer", move || {
            let (breaker, mut inner) = (failsafe_time(), inner);
            calls(By(move |request| breaker.call(inner.call(request))))
        })
        .peer("tower-resilience, new every 1000", move || {
            let fresh = move || calls(resilience_time(WINDOW).layer(inner));
            move |calls| {
                (0..calls / FRESH).for_each(|_| fresh()(FRESH));
                fresh()(calls % FRESH);
            }
        })
}

/// Calls with numbers that follow each other, some of which may fail.
fn calls<S: Service<u64, Response = u64>>(mut service: S) -> impl FnMut(u64) {
    let mut number = 0;
    let mut next = move || {
        number += 1;
        number
    };
    move |calls| flaky(&mut service, &mut next, calls)
}
