//! What several of these tests need.

#![allow(dead_code, unreachable_pub, reason = "each test is a crate and uses what it needs")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's helpers are tests, too")]

pub mod upstream;

use std::time::Duration;

use palisade_breaker::{Breaker, Event, Ratio, State, Trip};
use palisade_core::{ManualClock, Micros};
use proptest::test_runner::{Config, RngSeed};

/// A breaker by a clock of its own, without jitter.
pub fn breaker() -> (Breaker, ManualClock) {
    let clock = ManualClock::new();
    (Breaker::new().clock(clock.clock()).jitter(Ratio::ZERO), clock)
}

/// The same, which opens with the first failure.
pub fn touchy() -> (Breaker, ManualClock) {
    let (breaker, clock) = breaker();
    (breaker.trip(Trip::consecutive(1)), clock)
}

pub fn succeed(breaker: &Breaker, calls: usize) {
    (0..calls).for_each(|_| breaker.try_acquire().unwrap().success());
}

pub fn fail(breaker: &Breaker, calls: usize) {
    (0..calls).for_each(|_| breaker.try_acquire().unwrap().failure());
}

pub fn state(breaker: &Breaker) -> State {
    breaker.handle().snapshot().state
}

/// How many of so many calls pass; each is a success.
pub fn passing(breaker: &Breaker, calls: usize) -> usize {
    let passes = |_: &usize| breaker.try_acquire().map(palisade_breaker::Permit::success).is_ok();
    (0..calls).filter(passes).count()
}

pub fn wait(breaker: &Breaker) -> Option<Duration> {
    breaker.handle().snapshot().next_probe
}

pub const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// From where to where, and how long it opened.
pub fn edge(event: &Event) -> (State, State, Option<Duration>) {
    (event.from, event.to, event.open_for)
}

pub fn later(now: Micros, span: Duration) -> Micros {
    now + span.into()
}

/// The same cases in each run.
pub fn seeded(cases: u32) -> Config {
    let rng_seed = RngSeed::Fixed(0x5EED);
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}
