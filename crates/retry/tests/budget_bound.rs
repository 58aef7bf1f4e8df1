//! That no more is given than is said, in any time and by any number of threads.

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use palisade_core::{Micros, Ratio};
use palisade_retry::Budget;
use proptest::collection::vec;
use proptest::prelude::*;
use support::seeded;

const TOKEN: u128 = 1_000_000;
const START: u64 = 1_700_000_000_000_000;

/// What happened, in microseconds.
#[derive(Debug, Default)]
struct Log {
    requests: Vec<(u64, u64)>,
    given: Vec<u64>,
    longest_gap: u64,
}

/// A budget's numbers: parts per request, parts per microsecond, microseconds.
#[derive(Clone, Copy, Debug)]
struct Settings {
    share: u32,
    per_second: u32,
    window: u64,
}

impl Settings {
    fn budget(self) -> Budget {
        Budget::new(Ratio::per_million(self.share))
            .per_second(self.per_second)
            .window(Duration::from_micros(self.window))
    }
}

impl Log {
    /// Between each two attempts that were given, so many may have been.
    fn check(&self, settings: Settings, looked_at: bool) -> Result<(), TestCaseError> {
        let Settings { share, per_second, window } = settings;
        let slack = window + if looked_at { 0 } else { self.longest_gap };
        for (first, &from) in self.given.iter().enumerate() {
            for (last, &until) in self.given.iter().enumerate().skip(first) {
                let since = from.saturating_sub(slack);
                let within = |&&(at, _): &&(u64, u64)| (since..=until).contains(&at);
                let requests: u64 = self.requests.iter().filter(within).map(|each| each.1).sum();
                let of_requests = u128::from(requests) * u128::from(share);
                let of_time = u128::from(until - from + window) * u128::from(per_second);
                let given = (last - first + 1) as u128;
                prop_assert!(
                    given * TOKEN <= of_requests + of_time,
                    "{} given between {} and {}: {} of requests, {} of time",
                    given,
                    from,
                    until,
                    of_requests,
                    of_time
                );
            }
        }
        Ok(())
    }
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let share = prop_oneof![Just(0), Just(200_000), Just(1_000_000), 0..1_000_000_u32];
    let per_second = prop_oneof![Just(0), 0..20_u32, 0..2_000_u32];
    let window = prop_oneof![Just(1_000_000), 10..10_000_000_u64];
    (share, per_second, window).prop_map(|(share, per_second, window)| Settings {
        share,
        per_second,
        window,
    })
}

/// How long after the one before, how many requests are made, and how many further attempts wished.
fn any_steps() -> impl Strategy<Value = Vec<(u64, u64, usize)>> {
    let wait = prop_oneof![Just(0), 0..1_000_u64, 0..300_000_u64, 0..20_000_000_u64];
    vec((wait, prop_oneof![Just(0), 0..10_u64, 0..200_u64], 0..15_usize), 1..40)
}

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn no_more_is_given_in_any_time_than_that_time_and_its_window_brought(
        settings in any_settings(), steps in any_steps(),
    ) {
        let budget = settings.budget();
        let (mut now, mut log) = (START, Log::default());
        let _ = budget.balance(Micros(now));
        for (wait, requests, wishes) in steps {
            now += wait;
            // Whoever looks before and after knows when they were made.
            let _ = budget.balance(Micros(now));
            (0..requests).for_each(|_| budget.deposit());
            log.requests.push((now, requests));
            let given = (0..wishes).filter(|_| budget.withdraw(Micros(now))).count();
            log.given.extend(std::iter::repeat_n(now, given));
            let _ = budget.balance(Micros(now));
        }
        log.check(settings, true)?;
    }

    #[test]
    fn requests_that_nobody_looked_at_lengthen_the_window_by_the_time_between_two_looks(
        settings in any_settings(), steps in any_steps(), looks in any::<u64>(),
    ) {
        let budget = settings.budget();
        let (mut now, mut looked, mut log) = (START, START, Log::default());
        let _ = budget.balance(Micros(now));
        for (step, (wait, requests, wishes)) in steps.into_iter().enumerate() {
            now += wait;
            (0..requests).for_each(|_| budget.deposit());
            log.requests.push((now, requests));
            if looks >> step & 1 == 0 || wishes == 0 {
                continue;
            }
            log.longest_gap = log.longest_gap.max(now - looked);
            looked = now;
            let given = (0..wishes).filter(|_| budget.withdraw(Micros(now))).count();
            log.given.extend(std::iter::repeat_n(now, given));
        }
        log.check(settings, false)?;
    }
}

#[test]
fn a_steady_share_of_failures_gets_its_share_of_attempts() {
    let budget = Budget::new(Ratio::percent(20)).per_second(0);
    let mut given = 0;
    // A hundred requests a second for ten minutes, all of which fail.
    for request in 0..60_000 {
        budget.deposit();
        given += u32::from(budget.withdraw(Micros(START + request * 10_000)));
    }
    assert_eq!(given, 12_000);
}

const THREADS: u64 = 4;
const EACH: u64 = 20_000;

#[test]
fn threads_together_are_given_each_token_once() {
    let budget = Budget::new(Ratio::percent(50)).per_second(0);
    let given: usize = thread::scope(|scope| {
        let run = || {
            let wish = |_: &u64| {
                budget.deposit();
                budget.withdraw(Micros(START))
            };
            (0..EACH).filter(wish).count()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let rest = budget.balance(Micros(START));
    assert_eq!(given as u64 + rest, THREADS * EACH / 2);
}

#[test]
fn threads_whose_clocks_overtake_each_other_get_no_more_than_the_bound() {
    let (budget, clock) = (Budget::default(), AtomicU64::new(START));
    let given: usize = thread::scope(|scope| {
        let run = || {
            let wish = |_: &u64| {
                budget.deposit();
                // Read before the lock: another thread's later time may come first.
                budget.withdraw(Micros(clock.fetch_add(100, Ordering::Relaxed)))
            };
            (0..EACH).filter(wish).count()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let seconds = (clock.into_inner() - START) / 1_000_000;
    assert_eq!(seconds, 8);
    let most = THREADS * EACH / 5 + 10 * (seconds + 10);
    // All is asked for, and nothing gets too old: no less either, but for what the last ones left.
    assert!((most - 5..=most).contains(&(given as u64)), "{given} of {most}");
}
