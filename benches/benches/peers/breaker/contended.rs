//! A closed breaker, called by eight tasks on two threads.

use failsafe::futures::CircuitBreaker;
use palisade_benches::contended::tasks;
use palisade_benches::drive::patiently;
use palisade_benches::svc::{By, Plain};
use palisade_benches::{Bench, Group};
use tower_layer::Layer;
use tower_service::Service;

use super::settings::{
    failsafe_in_a_row, failsafe_time, floor_count, floor_time, ours_count, ours_time,
    recloser_async, resilience_count,
};
use crate::contended::clones;

pub(crate) fn benches() -> Vec<Bench> {
    [count(), time()].map(|group| Bench::Calls(group.threads())).into()
}

fn count() -> Group {
    Group::new("contended, breaker closed, last 100 calls")
        .bare(|| clones(Plain))
        .floor("floor", || clones(floor_count(Plain)))
        .ours("palisade", || clones(ours_count().layer(Plain)))
        .peer("failsafe, in a row, no layer", || {
            let breaker = failsafe_in_a_row();
            clones(By(move |request| breaker.call(Plain.call(request))))
        })
        .peer("recloser, no layer", || {
            let breaker = recloser_async();
            clones(By(move |request| breaker.call(Plain.call(request))))
        })
        .peer("tower-resilience CircuitBreaker", || waiting(resilience_count().layer(Plain)))
}

/// tower-resilience's is left out: it reads all of its window for each call (row "a time window that
/// fills").
fn time() -> Group {
    Group::new("contended, breaker closed, last 10 s")
        .bare(|| clones(Plain))
        .floor("floor", || clones(floor_time(Plain)))
        .ours("palisade", || clones(ours_time().layer(Plain)))
        .peer("failsafe, no layer", || {
            let breaker = failsafe_time();
            clones(By(move |request| breaker.call(Plain.call(request))))
        })
}

/// Tasks that call clones of a service whose calls wait for each other.
fn waiting<S>(service: S) -> impl FnMut(u64)
where
    S: Service<u64, Response = u64> + Clone + Send + 'static,
{
    tasks(move || {
        let mut service = service.clone();
        move |calls| patiently(&mut service, || 1, calls)
    })
}
