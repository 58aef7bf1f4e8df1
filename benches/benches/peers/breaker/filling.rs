//! What a call costs when so many are in the window already.

use std::time::Duration;

use failsafe::futures::CircuitBreaker;
use palisade::breaker::Window;
use palisade_benches::Bench;
use palisade_benches::drive::drive;
use palisade_benches::floor::{Ticks, Tsc};
use palisade_benches::svc::{By, Plain};
use tower_layer::Layer;
use tower_service::Service;

use super::settings::{failsafe_time, floor_time, ours, resilience_time};

/// Calls in the window.
const SIZES: [u64; 4] = [100, 1_000, 10_000, 100_000];

/// Calls that are timed together: few, beside the smallest window.
const TIMED: u64 = 20;

/// How often they are timed. Whatever disturbs them only adds to it, so the least counts.
const TRIES: u64 = 5;

/// A window that nothing leaves while it is filled.
const LONG: Duration = Duration::from_secs(3_600);

/// A contender: makes so many calls.
type Calls = Box<dyn FnMut(u64)>;

pub(crate) fn benches() -> Vec<Bench> {
    vec![Bench::Counts { title: "breaker closed, a time window that fills", smoke, report }]
}

fn contenders() -> Vec<(&'static str, Calls)> {
    let failsafe = failsafe_time();
    vec![
        ("floor", calls(floor_time(Plain))),
        ("**palisade**", calls(ours().window(Window::Time(LONG)).plain().layer(Plain))),
        ("failsafe, no layer", calls(By(move |request| failsafe.call(Plain.call(request))))),
        ("tower-resilience CircuitBreaker", calls(resilience_time(LONG).layer(Plain))),
    ]
}

fn smoke() {
    contenders().iter_mut().for_each(|(_, calls)| calls(SIZES[0]));
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn report() {
    println!("\nNanoseconds of a call, by the calls in the window:\n");
    println!("| |{}", SIZES.map(|size| format!(" {size} |")).concat());
    println!("|---|{}", "---:|".repeat(SIZES.len()));
    for (name, mut calls) in contenders() {
        println!("| {name} |{}", nanos(&mut calls).map(|ns| format!(" {ns:.0} |")).concat());
    }
}

/// By the size of the window.
fn nanos(calls: &mut Calls) -> [f64; SIZES.len()] {
    let clock = Tsc::new();
    let mut made = 0;
    SIZES.map(|size| {
        calls(size - made);
        made = size + TIMED * TRIES;
        let ticks = (0..TRIES).map(|_| {
            let start = clock.now();
            calls(TIMED);
            clock.now() - start
        });
        let least = ticks.min().unwrap_or_default();
        least as f64 * 1e9 / clock.per_second() as f64 / TIMED as f64
    })
}

fn calls<S: Service<u64, Response = u64> + 'static>(mut service: S) -> Calls {
    Box::new(move |calls| drive(&mut service, || 1, calls))
}
