//! The contenders' breakers.

use std::iter::once;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use failsafe::backoff::constant;
use failsafe::failure_policy::{consecutive_failures, success_rate_over_time_window};
use failsafe::futures::CircuitBreaker as _;
use failsafe::{FailurePolicy, StateMachine};
use palisade::BreakerLayer;
use palisade::breaker::{Abandoned, State, Window};
use palisade_benches::svc::By;
use recloser::{AsyncRecloser, Recloser};
use tower_layer::Layer;
use tower_resilience::circuitbreaker::{
    CircuitBreakerConfigBuilder, CircuitBreakerLayer, DefaultClassifier, SlidingWindowType,
};
use tower_service::Service;

use crate::job::{Call, Job};

/// A wait that does not end while we look.
const DAY: Duration = Duration::from_secs(86_400);

/// How the columns are called.
pub(crate) const NAMES: [&str; 4] =
    ["palisade", "failsafe 1.3.0", "recloser 1.4.0", "tower-resilience 0.13.0"];

/// What a breaker is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trip {
    /// When half of the last ten calls have failed.
    HalfOfTen,
    /// When half of the calls in the last ten seconds have failed.
    HalfOfTenSeconds,
    /// At the first failure.
    First,
    /// At the first failure; half-open at once the first time, after a day from then on. One call may
    /// try it then.
    FirstForNow,
    /// At the first call that is slow, which all are, if it knows slow calls. Else at the first failure.
    Slow,
}

/// A breaker.
pub(crate) trait Breaker {
    /// Begins a call.
    fn begin(&mut self) -> Call;

    /// Whether it lets nothing through.
    fn is_open(&mut self) -> bool {
        !self.begin().reached()
    }
}

/// A breaker of each, in the order of [`NAMES`]; none where there is no such thing.
pub(crate) fn breakers(trip: Trip) -> [Option<Box<dyn Breaker>>; NAMES.len()] {
    [palisade(trip), failsafe(trip), recloser(trip), resilience(trip)]
}

fn palisade(trip: Trip) -> Option<Box<dyn Breaker>> {
    let layer = BreakerLayer::new().open_for(DAY).open_at_most(DAY).probes(1);
    let layer = match trip {
        Trip::HalfOfTen => layer.window(Window::Calls(10)).minimum_calls(10),
        Trip::HalfOfTenSeconds => layer,
        Trip::First => layer.consecutive_failures(1),
        Trip::FirstForNow => layer.consecutive_failures(1).open_for(Duration::ZERO),
        // Any time is long enough, of a call that was begun.
        Trip::Slow => {
            layer.consecutive_failures(1).abandoned(Abandoned::FailsAfter(Duration::ZERO))
        }
    };
    let handle = layer.handle();
    let service = layer.plain().layer(By(|job: Job| job));
    Some(Box::new(Layered { service, is_open: move || handle.snapshot().state == State::Open }))
}

fn failsafe(trip: Trip) -> Option<Box<dyn Breaker>> {
    fn built<P: FailurePolicy + Send + Sync + 'static>(policy: P) -> Option<Box<dyn Breaker>> {
        Some(Box::new(failsafe::Config::new().failure_policy(policy).build()))
    }
    match trip {
        Trip::HalfOfTen => None,
        Trip::HalfOfTenSeconds => {
            let window = Duration::from_secs(10);
            built(success_rate_over_time_window(0.5, 20, window, constant(DAY)))
        }
        Trip::First | Trip::Slow => built(consecutive_failures(1, constant(DAY))),
        Trip::FirstForNow => {
            built(consecutive_failures(1, once(Duration::ZERO).chain(constant(DAY))))
        }
    }
}

impl<P: FailurePolicy + Send + Sync + 'static> Breaker for StateMachine<P, ()> {
    fn begin(&mut self) -> Call {
        Call::begin(|job| self.call(job))
    }
}

fn recloser(trip: Trip) -> Option<Box<dyn Breaker>> {
    let builder = Recloser::custom().error_rate(0.5);
    let recloser = match trip {
        Trip::HalfOfTen => builder.closed_len(10).open_wait(DAY).build(),
        Trip::HalfOfTenSeconds => return None,
        Trip::First | Trip::Slow => builder.closed_len(1).open_wait(DAY).build(),
        Trip::FirstForNow => {
            let builder = builder.closed_len(1).half_open_len(1).open_wait(Duration::ZERO);
            builder.open_wait_strategy(|_, _| DAY).build()
        }
    };
    Some(Box::new(AsyncRecloser::from(recloser)))
}

impl Breaker for AsyncRecloser {
    fn begin(&mut self) -> Call {
        Call::begin(|job| self.call(job))
    }
}

fn resilience(trip: Trip) -> Option<Box<dyn Breaker>> {
    let builder = CircuitBreakerLayer::builder().wait_duration_in_open(DAY);
    let builder = match trip {
        Trip::HalfOfTen => builder.failure_rate_threshold(0.5).sliding_window_size(10),
        Trip::HalfOfTenSeconds => builder
            .failure_rate_threshold(0.5)
            .sliding_window_type(SlidingWindowType::TimeBased)
            .sliding_window_duration(Duration::from_secs(10))
            .minimum_number_of_calls(20),
        Trip::First => builder.consecutive_failures(1),
        Trip::FirstForNow => builder.consecutive_failures(1).wait_duration_in_open(Duration::ZERO),
        Trip::Slow => builder
            .slow_call_duration_threshold(Duration::from_nanos(1))
            .slow_call_rate_threshold(0.1)
            .sliding_window_size(1),
    };
    Some(Box::new(resilient(builder)))
}

fn resilient(builder: CircuitBreakerConfigBuilder<DefaultClassifier>) -> impl Breaker {
    let (layer, handle) = builder.build_with_handle().expect("the settings are within bounds");
    let service = layer.layer(By(|job: Job| job));
    Layered { service, is_open: move || handle.is_open() }
}

/// A breaker with a layer, and a way to ask it.
struct Layered<S, O> {
    service: S,
    is_open: O,
}

impl<S, O> Breaker for Layered<S, O>
where
    S: Service<Job, Response = (), Future: 'static>,
    O: Fn() -> bool,
{
    fn begin(&mut self) -> Call {
        let ready = self.service.poll_ready(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(ready, Poll::Ready(Ok(()))), "an open one is ready to refuse");
        Call::begin(|job| self.service.call(job))
    }

    fn is_open(&mut self) -> bool {
        (self.is_open)()
    }
}
