//! A threshold that follows what is usual, on scripted traffic.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use palisade_breaker::{Breaker, Cause, Raised, Ratio, State, Trip, Window};
use palisade_core::ManualClock;
use support::{breaker, fail, seconds, state, succeed};

/// Ten calls a second, of which a share fails at random; half-open the service is as bad.
struct Traffic {
    breaker: Breaker,
    clock: ManualClock,
    random: fastrand::Rng,
    opened: u32,
    refused: u32,
}

impl Traffic {
    fn new(seed: u64) -> Self {
        let (breaker, clock) = breaker();
        let breaker = breaker.trip(Trip::raised(Raised::new())).seed(seed);
        Self { breaker, clock, random: fastrand::Rng::with_seed(seed), opened: 0, refused: 0 }
    }

    /// Of traffic for so long; returns when it opened first.
    fn run(&mut self, percent: u32, span: Duration) -> Option<Duration> {
        let mut first = None;
        let mut events = self.breaker.handle().subscribe();
        for tenth in 0..span.as_millis() / 100 {
            self.clock.advance(Duration::from_millis(100));
            let fails = self.random.u32(0..100) < percent;
            match self.breaker.try_acquire() {
                Ok(call) if fails => call.failure(),
                Ok(call) => call.success(),
                Err(_) => self.refused += 1,
            }
            while let Some(event) = events.try_next() {
                if event.to == State::Open && event.from == State::Closed {
                    self.opened += 1;
                    first = first.or_else(|| Some(Duration::from_millis(tenth as u64 * 100)));
                }
            }
        }
        first
    }
}

#[test]
fn a_service_that_always_fails_a_third_is_let_alone_for_hours() {
    for seed in 0..5 {
        let mut traffic = Traffic::new(seed);
        // It may take half of the calls failing for an outage before it knows better.
        traffic.run(30, seconds(300));
        assert_eq!(traffic.run(30, seconds(2 * 3_600)), None, "seed {seed}");
    }
}

#[test]
fn and_opens_within_a_window_once_it_fails_nearly_all() {
    for seed in 0..10 {
        let mut traffic = Traffic::new(seed);
        traffic.run(30, seconds(600));
        let opened = traffic.run(95, seconds(20)).expect("it opens");
        assert!(opened <= seconds(10), "seed {seed}: {opened:?}");
    }
}

#[test]
fn one_that_never_fails_opens_when_it_fails_a_third() {
    for seed in 0..10 {
        let mut traffic = Traffic::new(seed);
        assert_eq!(traffic.run(0, seconds(600)), None);
        let opened = traffic.run(30, seconds(60)).expect("it opens");
        assert!(opened <= seconds(15), "seed {seed}: {opened:?}");
        let cause = traffic.breaker.handle().snapshot().cause;
        assert!(traffic.opened >= 1, "{cause:?}");
    }
}

/// With how many failures of 100 calls it opens, and with how many the test says.
fn opens_at(load: Ratio, z: f64) -> (usize, usize) {
    let at = |failures: usize| {
        let (breaker, clock) = breaker();
        let breaker = breaker.trip(Trip::raised(Raised::new())).load_signal(move || load);
        for _ in 0..20 {
            succeed(&breaker, 95);
            fail(&breaker, 5);
            clock.advance(seconds(1));
        }
        clock.advance(seconds(60));
        succeed(&breaker, 100 - failures);
        let usual = breaker.handle().snapshot().usual.expect("it is known");
        assert!(usual.ppm().abs_diff(50_000) < 10, "{usual:?}");
        for _ in 0..failures {
            let _ = breaker.try_acquire().map(palisade_breaker::Permit::failure);
        }
        let b = f64::from(usual.ppm()) / 1e6;
        let says = (1..=failures).any(|failed| {
            let (f, n) = (failed as f64, (100 - failures + failed) as f64);
            f > n * b && (f - n * b).powi(2) >= z * z * n * b * (1.0 - b) && f / n >= b + 0.1
        });
        (state(&breaker) == State::Open, says)
    };
    let (mut first, mut said) = (None, None);
    for failures in 1..60 {
        let (opens, says) = at(failures);
        first = first.or_else(|| opens.then_some(failures));
        said = said.or_else(|| says.then_some(failures));
    }
    (first.expect("it opens"), said.expect("it should"))
}

#[test]
fn it_opens_exactly_where_the_test_of_proportions_says() {
    let loads = [(0, 6.0), (20, 5.4), (50, 4.5), (100, 3.0)];
    let opened = loads.map(|(load, z)| {
        let (opens, says) = opens_at(Ratio::percent(load), z);
        assert_eq!(opens, says, "at {load} %");
        opens
    });
    assert!(opened[0] > opened[1] && opened[1] > opened[2], "{opened:?}");
}

#[test]
fn load_makes_it_open_earlier() {
    let load = Arc::new(AtomicU32::new(0));
    let (breaker, clock) = breaker();
    let signal = Arc::clone(&load);
    let breaker = breaker
        .trip(Trip::raised(Raised::new()))
        .load_signal(move || Ratio::percent(signal.load(Relaxed)));
    for _ in 0..20 {
        succeed(&breaker, 100);
        clock.advance(seconds(1));
    }
    clock.advance(seconds(60));
    // 1 % counts as usual: six deviations of 30 calls are 3.3, three are 1.6.
    succeed(&breaker, 27);
    fail(&breaker, 3);
    assert_eq!(state(&breaker), State::Closed);
    load.store(100, Relaxed);
    fail(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
    let usual = Ratio::ZERO;
    let cause = Some(Cause::Raised { calls: 4, of: 31, usual });
    assert_eq!(breaker.handle().snapshot().cause, cause);
}

#[test]
fn what_lasts_becomes_usual_even_if_it_opens_the_breaker_at_first() {
    let mut traffic = Traffic::new(1);
    assert_eq!(traffic.run(2, seconds(600)), None);
    assert!(traffic.run(30, seconds(60)).is_some());
    traffic.run(30, seconds(24 * 3_600));
    traffic.opened = 0;
    assert_eq!(traffic.run(30, seconds(3_600)), None);
}

#[test]
fn the_calls_that_open_it_are_part_of_what_is_usual() {
    let (breaker, clock) = breaker();
    let breaker = breaker.trip(Trip::raised(Raised::new())).probes(1);
    succeed(&breaker, 1_000);
    clock.advance(seconds(1));
    // All at once, so that no bucket ends while it is closed.
    for _ in 0..10 {
        clock.advance(seconds(100));
        succeed(&breaker, 20);
        while state(&breaker) == State::Closed {
            fail(&breaker, 1);
        }
        clock.advance(seconds(100));
        succeed(&breaker, 1);
        assert_eq!(state(&breaker), State::Closed);
    }
    let usual = breaker.handle().snapshot().usual.expect("it is known");
    assert!(usual >= Ratio::percent(2), "{usual:?}");
}

#[test]
fn the_window_is_one_of_time_even_if_the_breakers_is_not() {
    let (breaker, clock) = breaker();
    let breaker = breaker.trip(Trip::raised(Raised::new())).window(Window::Calls(1_000));
    for _ in 0..20 {
        succeed(&breaker, 100);
        clock.advance(seconds(1));
    }
    clock.advance(seconds(60));
    // Of the last ten seconds, not of the last thousand calls.
    succeed(&breaker, 26);
    fail(&breaker, 4);
    assert_eq!(state(&breaker), State::Open);
    let cause = Some(Cause::Raised { calls: 4, of: 30, usual: Ratio::ZERO });
    assert_eq!(breaker.handle().snapshot().cause, cause);
}

#[test]
fn before_anything_is_usual_half_must_fail() {
    let (breaker, _) = breaker();
    let breaker = breaker.trip(Trip::raised(Raised::new()));
    succeed(&breaker, 11);
    fail(&breaker, 10);
    assert_eq!(state(&breaker), State::Closed);
    fail(&breaker, 1);
    assert_eq!(state(&breaker), State::Open);
}
