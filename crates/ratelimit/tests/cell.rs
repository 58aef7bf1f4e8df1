//! The bucket for all, which is one word without a lock: it decides as a table's does, and many
//! threads together take from it what is there.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use palisade_core::algorithm::Outcome;
use palisade_core::{ManualClock, Micros};
use palisade_ratelimit::{Quota, RateLimiter, Rejection, per_second};
use proptest::prelude::*;

use self::support::{START, seeded};

const KEY: &str = "the only one";

#[derive(Clone, Debug)]
enum Step {
    Jump(i64),
    Check(u8),
    Quota,
    Reset,
}

/// Quotas on both sides of what a word holds (denominators of 29 000), with and without fractions.
fn any_quota() -> impl Strategy<Value = Quota> {
    let limit =
        prop_oneof![0..5_u32, Just(7), 28_990..29_010_u32, Just(999_983), 1..100_u32, any::<u32>()];
    let micros = prop_oneof![Just(1_000_000_u64), 1..5_u64, 1..60_000_000_u64];
    let burst = prop_oneof![1..20_u32, 1..1_000_000_u32];
    (limit, micros, burst).prop_map(|(limit, micros, burst)| {
        Quota::new(limit, Duration::from_micros(micros)).burst(burst)
    })
}

/// A change to fewer steps per microsecond cuts the fraction, in the word at once, in a table when it
/// is next written: so that both cut the same, the steps only become more, or only fewer.
fn any_quotas() -> impl Strategy<Value = Vec<Quota>> {
    let steps = |quota: &Quota| {
        let gcd = |mut a, mut b| {
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        u64::from(quota.limit()) / gcd(quota.period_micros(), u64::from(quota.limit()))
    };
    (proptest::collection::vec(any_quota(), 1..10), any::<bool>()).prop_map(
        move |(mut all, more)| {
            all.sort_by_key(steps);
            if more {
                all.reverse(); // They are taken from the end.
            }
            all
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..3_i64).prop_map(Step::Jump),
        2 => (0..3_000_000_i64).prop_map(Step::Jump),
        1 => (0..1_000_000_000_000_i64).prop_map(Step::Jump),
        1 => (-3_000_000..0_i64).prop_map(Step::Jump),
        6 => (1..5_u8).prop_map(Step::Check),
        2 => Just(Step::Quota),
        1 => Just(Step::Reset),
    ]
}

/// All that a caller learns.
fn seen(result: Result<Outcome, Rejection>) -> Result<Outcome, Option<Duration>> {
    result.map_err(|why| why.retry_after())
}

proptest! {
    #![proptest_config(seeded(1_500))]

    #[test]
    fn the_word_and_a_table_of_one_key_decide_alike(
        mut quotas in any_quotas(),
        steps in proptest::collection::vec(any_step(), 1..60),
    ) {
        let clock = ManualClock::new();
        let quota = quotas.pop().unwrap();
        let make = || RateLimiter::new(quota).clock(clock.clock());
        let (word, table, mut now) = (make(), make(), START);
        for (at, step) in steps.into_iter().enumerate() {
            match step {
                // Not back to before the limiters were made.
                Step::Jump(by) => now = now.saturating_add_signed(by).max(START),
                Step::Check(times) => for _ in 0..times {
                    let (word, table) = (seen(word.check()), seen(table.check_key(KEY)));
                    prop_assert_eq!(word, table, "step {}", at);
                },
                Step::Quota => if let Some(quota) = quotas.pop() {
                    word.handle().set_quota(quota);
                    table.handle().set_quota(quota);
                }
                Step::Reset => {
                    word.handle().reset();
                    table.handle().reset_key(KEY);
                }
            }
            clock.set(Micros(now));
            prop_assert_eq!(word.peek(), table.peek_key(KEY), "after step {}", at);
        }
    }
}

/// Runs `check` on eight threads at once, and sums what passed.
fn hammer(checks: usize, check: impl Fn(usize) -> bool + Sync) -> usize {
    let check = &check;
    thread::scope(|scope| {
        let run = || (0..checks).filter(|&turn| check(turn)).count();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

#[test]
fn eight_threads_together_take_exactly_the_burst() {
    // A word with and without fractions, and the locked cell.
    for limit in [1_000, 1_009, 29_009] {
        let limiter = RateLimiter::new(per_second(limit)).clock(ManualClock::new().clock());
        assert_eq!(hammer(4_000, |_| limiter.check().is_ok()), limit as usize);

        let snapshot = limiter.handle().snapshot();
        let counted = (snapshot.passed, snapshot.rejected);
        assert_eq!(counted, (u64::from(limit), 32_000 - u64::from(limit)));
    }
}

#[test]
fn while_the_quota_changes_eight_threads_still_take_no_more_than_the_burst() {
    // Units of a second, and of a third and of a 29 009th of a microsecond more: one price, three
    // forms of the bucket.
    let quota = |limit: u32, micros: u64| Quota::new(limit, Duration::from_micros(micros));
    let quotas = [quota(1, 1_000_000), quota(3, 3_000_001), quota(29_009, 29_009_000_001)]
        .map(|quota| quota.burst(1_000));
    let limiter = RateLimiter::new(quotas[0]).clock(ManualClock::new().clock());
    let (handle, done) = (limiter.handle(), AtomicBool::new(false));

    let passed: usize = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                quotas.iter().for_each(|quota| handle.set_quota(*quota));
            }
        });
        let passed = hammer(20_000, |_| limiter.check().is_ok());
        done.store(true, Ordering::Relaxed);
        passed
    });
    // A change rounds to microseconds, which sum up to far less than a unit. The last unit may not
    // fit if some of those before cost a fraction more.
    assert!((999..=1_000).contains(&passed), "{passed}");
}

#[test]
fn two_who_set_the_quota_at_once_leave_one_quota() {
    let limiter = RateLimiter::new(per_second(1)).clock(ManualClock::new().clock());
    let (handle, barrier) = (limiter.handle(), Barrier::new(2));
    let set = |limit| {
        for _ in 0..5_000 {
            barrier.wait();
            (0..20).for_each(|_| handle.set_quota(per_second(limit)));
            barrier.wait();
            // What is said is what is done.
            let said = handle.snapshot().quota.limit();
            assert_eq!(limiter.peek_key("new").remaining(), u64::from(said));
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| set(5));
        scope.spawn(|| set(7));
    });
}

#[test]
fn under_contention_no_time_passes_twice() {
    // Each check moves the time on, and there are ten for each unit: a thread that is late sees what
    // the others took from an older time, must not take it for a step back of the clock, and must
    // not give it back.
    let check = |keys: &[&str]| {
        let clock = ManualClock::new();
        let limiter = RateLimiter::new(per_second(100).burst(1_000)).max_keys(1);
        let limiter = limiter.clock(clock.clock());
        hammer(50_000, |turn| {
            clock.advance(Duration::from_millis(1));
            match keys {
                [] => limiter.check().is_ok(),
                _ => limiter.check_key(keys[turn % keys.len()]).is_ok(),
            }
        })
    };
    let most = 1_000 + 8 * 50_000 / 10;
    // For all, for one key, and for one that has its place and one that has none.
    for (keys, most) in [(&[][..], most), (&["a"], most), (&["a", "b"], 2 * most)] {
        let passed = check(keys);
        assert!(passed <= most, "{keys:?}: {passed}");
    }
}
