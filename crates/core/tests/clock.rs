//! The clocks.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palisade_core::{Clock, ManualClock, Micros};
use tokio::time::Instant;

const SECOND: Micros = Micros(1_000_000);

fn system() -> Micros {
    Micros::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap())
}

fn apart(a: Micros, b: Micros) -> Micros {
    a.since(b).max(b.since(a))
}

#[test]
fn the_fast_clock_never_steps_back() {
    let clock = Clock::fast();
    let mut last = clock.now();
    for _ in 0..100_000 {
        let now = clock.now();
        assert!(now >= last, "{now} after {last}");
        last = now;
    }
}

#[test]
fn the_fast_clock_shows_the_systems_time_to_all_threads() {
    let clock = Clock::fast();
    assert!(clock.is_fast());
    let here = apart(clock.now(), system());
    let elsewhere = thread::spawn(|| apart(Clock::fast().now(), system())).join().unwrap();
    assert!(here < SECOND && elsewhere < SECOND, "{here}, {elsewhere} off");
}

#[test]
fn the_fast_clock_runs_at_the_systems_rate() {
    let clock = Clock::fast();
    let runs_true = || {
        let (start, fast) = (Instant::now(), clock.now());
        while start.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let (ran, passed) = (clock.now().since(fast), Micros::from(start.elapsed()));
        apart(ran, passed) < Micros(passed.0 / 20)
    };
    // Another process may come in between two readings; not each time.
    assert!((0..10).any(|_| runs_true()));
}

#[test]
fn tests_run_on_tokios_clock_by_default() {
    assert!(!Clock::default().is_fast());
    assert_eq!(format!("{:?}", Clock::default()), "Clock::tokio");
}

#[test]
fn without_a_runtime_tokios_clock_shows_the_systems_time() {
    assert!(apart(Clock::tokio().now(), system()) < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_stands_and_moves_by_exactly_what_it_is_told() {
    let clock = Clock::tokio();
    let start = clock.now();
    assert_eq!(clock.now(), start);
    tokio::time::advance(Duration::from_micros(1_500)).await;
    assert_eq!(clock.now().since(start), Micros(1_500));
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let slept = clock.now().since(start);
    assert!(slept >= Micros(3_600_001_500) && slept < Micros(3_600_003_500), "{slept}");
}

#[test]
fn a_manual_clock_moves_only_when_told_and_all_its_clones_with_it() {
    let manual = ManualClock::new();
    let (clock, clone) = (manual.clock(), manual.clock().clone());
    assert_eq!(clock.now(), Micros(1_767_225_600_000_000));
    manual.clone().advance(Duration::from_nanos(1));
    assert_eq!(clock.now().0 % 1_000_000, 1, "rounded up, as all spans");
    assert_eq!(clone.now(), clock.now());
    assert_ne!(ManualClock::new().clock().now(), clock.now(), "others stand where they are");
}

#[test]
fn a_manual_clock_can_be_set_back() {
    let manual = ManualClock::at(Micros(10));
    manual.set(Micros(3));
    assert_eq!(manual.clock().now(), Micros(3));
}

#[test]
fn a_manual_clock_ends_at_the_end_of_time() {
    let manual = ManualClock::at(Micros(10));
    manual.advance(Duration::MAX);
    assert_eq!(manual.clock().now(), Micros::MAX);
    manual.advance(Duration::from_secs(1));
    assert_eq!(manual.clock().now(), Micros::MAX);
}

#[test]
fn microseconds_saturate_instead_of_overflowing() {
    assert_eq!(Micros::MAX + SECOND, Micros::MAX);
    assert_eq!(SECOND.since(Micros::MAX), Micros::ZERO);
    assert_eq!(Micros::from(Duration::MAX), Micros::MAX);
    assert_eq!(Micros::from(Duration::from_nanos(1_001)), Micros(2), "a wait is never too short");
    assert_eq!(Duration::from(Micros(1_500)), Duration::from_micros(1_500));
    assert_eq!(Micros(7).to_string(), "7 us");
}
