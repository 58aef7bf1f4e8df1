//! Breakers that open when half of the calls have failed, the same for all contenders.

use std::time::Duration;

use failsafe::backoff::{Constant, constant};
use failsafe::failure_policy::{
    ConsecutiveFailures, SuccessRateOverTimeWindow, consecutive_failures,
    success_rate_over_time_window,
};
use failsafe::{Config, FailurePolicy, StateMachine};
use palisade::respond::Plain;
use palisade::{BreakerLayer, Global, Ratio, breaker::Window};
use palisade_benches::floor::{Breaker, Broken, CountWindow, Sole, TimeWindow, Tsc};
use recloser::{AsyncRecloser, Recloser};
use tower_resilience::circuitbreaker::{
    CircuitBreakerConfigBuilder, CircuitBreakerLayer, DefaultClassifier, SlidingWindowType,
};

use crate::limits::DAY;

/// Calls in a window of calls.
pub(super) const CALLS: usize = 100;

/// The length of a window of time.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// Without so many calls a window of time says nothing.
const LEAST: u32 = 20;

/// What a breaker opens at.
const SHARE: f64 = 0.5;

/// Ours over a window of calls.
pub(super) fn ours_count() -> BreakerLayer<Global, Plain> {
    ours().window(Window::Calls(CALLS as u32)).minimum_calls(CALLS as u32).plain()
}

/// Ours over time.
pub(super) fn ours_time() -> BreakerLayer<Global, Plain> {
    ours().window(Window::Time(WINDOW)).plain()
}

pub(super) fn ours() -> BreakerLayer {
    BreakerLayer::new().failure_rate(Ratio::percent(50)).minimum_calls(LEAST).open_for(DAY)
}

/// The floor over a window of calls.
pub(super) fn floor_count<S>(inner: S) -> Broken<S, Sole<&'static Breaker<CountWindow>>> {
    Broken::new(inner, Sole(Breaker::forever(count_window())))
}

/// The floor over a window of time.
pub(super) fn floor_time<S>(inner: S) -> Broken<S, Sole<&'static Breaker<TimeWindow<Tsc>>>> {
    Broken::new(inner, Sole(Breaker::forever(TimeWindow::new(Tsc::new()))))
}

pub(super) fn count_window() -> CountWindow {
    CountWindow::new(CALLS as u64, CALLS / 2)
}

/// failsafe with the nearest that it has to a window of calls.
pub(super) fn failsafe_in_a_row() -> StateMachine<ConsecutiveFailures<Constant>, ()> {
    failsafe(consecutive_failures(CALLS as u32 / 2, constant(DAY)))
}

/// failsafe over time.
pub(super) fn failsafe_time() -> StateMachine<SuccessRateOverTimeWindow<Constant>, ()> {
    failsafe(success_rate_over_time_window(1.0 - SHARE, LEAST, WINDOW, constant(DAY)))
}

fn failsafe<P: FailurePolicy>(policy: P) -> StateMachine<P, ()> {
    Config::new().failure_policy(policy).build()
}

pub(super) fn recloser() -> Recloser {
    Recloser::custom().error_rate(SHARE as f32).closed_len(CALLS).open_wait(DAY).build()
}

pub(super) fn recloser_async() -> AsyncRecloser {
    AsyncRecloser::from(recloser())
}

pub(super) fn resilience_count() -> CircuitBreakerLayer {
    shared(resilience().sliding_window_size(CALLS))
}

pub(super) fn resilience_time(window: Duration) -> CircuitBreakerLayer {
    let builder = resilience().sliding_window_type(SlidingWindowType::TimeBased);
    shared(builder.sliding_window_duration(window).minimum_number_of_calls(LEAST as usize))
}

fn resilience() -> CircuitBreakerConfigBuilder<DefaultClassifier> {
    CircuitBreakerLayer::builder().failure_rate_threshold(SHARE).wait_duration_in_open(DAY)
}

/// Built with a handle: only then do the services of one layer share the breaker.
fn shared(builder: CircuitBreakerConfigBuilder<DefaultClassifier>) -> CircuitBreakerLayer {
    let (layer, _handle) = builder.build_with_handle().expect("the settings are within bounds");
    layer
}
