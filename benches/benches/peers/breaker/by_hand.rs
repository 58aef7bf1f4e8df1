//! A closed breaker without a layer, around a future and around a function.

use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;

use palisade_benches::drive::{check, drive};
use palisade_benches::svc::By;
use palisade_benches::{Bench, Group};
use tower_service::Service;

use super::settings::{failsafe_in_a_row, failsafe_time, recloser, recloser_async};

pub(crate) fn benches() -> Vec<Bench> {
    [futures(), functions()].map(Bench::Calls).into()
}

fn futures() -> Group {
    use failsafe::futures::CircuitBreaker;

    Group::new("breaker without a layer, futures")
        .bare(|| calls(By(answer)))
        .peer("failsafe, failures in a row", || {
            let breaker = failsafe_in_a_row();
            calls(By(move |number| breaker.call(answer(number))))
        })
        .peer("failsafe, last 10 s", || {
            let breaker = failsafe_time();
            calls(By(move |number| breaker.call(answer(number))))
        })
        .peer("recloser, last 100 calls", || {
            let breaker = recloser_async();
            calls(By(move |number| breaker.call(answer(number))))
        })
}

fn functions() -> Group {
    use failsafe::CircuitBreaker;

    Group::new("breaker without a layer, functions")
        .bare(|| |calls| check(|()| answered().is_ok(), || (), calls))
        .peer("failsafe, failures in a row", || {
            let breaker = failsafe_in_a_row();
            move |calls| check(|()| breaker.call(answered).is_ok(), || (), calls)
        })
        .peer("failsafe, last 10 s", || {
            let breaker = failsafe_time();
            move |calls| check(|()| breaker.call(answered).is_ok(), || (), calls)
        })
        .peer("recloser, last 100 calls", || {
            let breaker = recloser();
            move |calls| check(|()| breaker.call(answered).is_ok(), || (), calls)
        })
}

fn answer(number: u64) -> std::future::Ready<Result<u64, Infallible>> {
    ready(Ok(number))
}

fn answered() -> Result<u64, Infallible> {
    Ok(black_box(1))
}

fn calls<S: Service<u64, Response = u64>>(mut service: S) -> impl FnMut(u64) {
    move |calls| drive(&mut service, || 1, calls)
}
