//! A closed breaker without a layer, around a future and around a function.

use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;

use palisade::Ratio;
use palisade::breaker::{Breaker, Window};
use palisade_benches::drive::{check, drive};
use palisade_benches::svc::By;
use palisade_benches::{Bench, Group};
use tower_service::Service;

use super::settings::{WINDOW, failsafe_in_a_row, failsafe_time, recloser, recloser_async};

pub(crate) fn benches() -> Vec<Bench> {
    [futures(), functions()].map(Bench::Calls).into()
}

fn futures() -> Group {
    use failsafe::futures::CircuitBreaker;

    Group::new("breaker without a layer, futures")
        .bare(|| calls(By(answer)))
        .ours("palisade, last 100 calls", || {
            let breaker = ours(Window::Calls(100));
            calls(By(move |number| {
                let breaker = breaker.clone();
                async move { breaker.call(answer(number)).await }
            }))
        })
        .ours("palisade, last 10 s", || {
            let breaker = ours(Window::Time(WINDOW));
            calls(By(move |number| {
                let breaker = breaker.clone();
                async move { breaker.call(answer(number)).await }
            }))
        })
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
        .ours("palisade, last 100 calls", || {
            let breaker = ours(Window::Calls(100));
            move |calls| check(|()| permitted(&breaker), || (), calls)
        })
        .ours("palisade, last 10 s", || {
            let breaker = ours(Window::Time(WINDOW));
            move |calls| check(|()| permitted(&breaker), || (), calls)
        })
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

fn ours(window: Window) -> Breaker {
    Breaker::new().failure_rate(Ratio::percent(50)).window(window)
}

fn permitted(breaker: &Breaker) -> bool {
    let Ok(permit) = breaker.try_acquire() else { return false };
    let result = answered();
    match result {
        Ok(_) => permit.success(),
        Err(_) => permit.failure(),
    }
    result.is_ok()
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
