//! What a handle tells of several limits and of their keys, and what it changes while they decide.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use palisade_core::ManualClock;
use palisade_ratelimit::config::{LimitConfig, RateLimitConfig};
use palisade_ratelimit::{
    Header, IntoLimits, Limit, Limits, Missing, RateLimitLayer, RateLimiter, per_day, per_hour,
    per_minute,
};
use tower::Layer;

use self::support::calls::{count, get, ok, passes};

/// A limiter whose time stands still.
fn limiter(limits: impl IntoLimits) -> RateLimiter {
    RateLimiter::with(limits).name("api").clock(ManualClock::new().clock())
}

#[test]
fn a_snapshot_tells_all_limits_with_their_tiers() {
    let limits = (
        Limit::new(per_minute(5)).tier("premium", per_minute(50)),
        Limit::leaky_bucket(per_hour(9).burst(2)).name("hourly"),
    );
    let limiter = limiter(limits);
    let seen = limiter.handle().snapshot();
    assert_eq!((seen.name, seen.quota), ("api", per_minute(5)));
    let names: Vec<_> = seen.limits.iter().map(|limit| limit.name).collect();
    assert_eq!(names, ["api-minute", "hourly"]);
    let quotas: Vec<_> = seen.limits.iter().map(|limit| limit.quota).collect();
    assert_eq!(quotas, [per_minute(5), per_hour(9).burst(2)]);
    let premium = ("premium".to_owned(), per_minute(50));
    assert_eq!((&seen.limits[0].tiers, seen.limits[1].tiers.len()), (&vec![premium], 0));

    let alone = self::limiter(per_minute(5)).handle().snapshot();
    assert_eq!((alone.limits.len(), alone.limits[0].name), (1, "api"));
}

#[test]
fn a_heavy_key_is_found_among_ten_thousand_light_ones() {
    for limiter in [limiter(per_day(1_000_000)), limiter([per_day(1_000_000), per_hour(500_000)])] {
        // Two heavy ones, of which one calls twice as often, in turns with the others.
        for light in 0..10_000_u64 {
            limiter.check_key(light).unwrap();
            limiter.check_key("heavy").unwrap();
            if light % 2 == 0 {
                limiter.check_key("half").unwrap();
            }
        }
        let busiest = limiter.handle().snapshot().busiest;
        let keys: Vec<_> = busiest.iter().take(2).map(|busy| &*busy.key).collect();
        assert_eq!(keys, ["heavy", "half"]);
        assert!(busiest.len() <= 10);
        for (busy, calls) in busiest.iter().zip([10_000_u64, 5_000]) {
            assert!(busy.calls.abs_diff(calls) < calls / 5, "{busy:?}");
            assert_eq!(busy.refused, 0);
        }
        assert!(busiest.iter().skip(2).all(|busy| busy.calls < 1_000), "{busiest:?}");
        assert!(busiest.is_sorted_by_key(|busy| std::cmp::Reverse(busy.calls)));
    }
}

#[test]
fn every_refusal_of_a_key_is_counted() {
    for limiter in [limiter(per_day(1)), limiter([per_day(1), per_hour(2)])] {
        for (key, calls) in [("a", 4), ("b", 8), ("c", 6)] {
            for _ in 0..calls {
                let _ = limiter.check_key(key);
            }
        }
        let _ = limiter.check();
        limiter.check().unwrap_err();
        let busiest = limiter.handle().snapshot().busiest;
        let seen: Vec<_> = busiest.iter().map(|busy| (&*busy.key, busy.refused)).collect();
        assert_eq!(seen, [("b", 7), ("c", 5), ("a", 3)]);
        assert!(busiest.iter().all(|busy| busy.calls >= busy.refused), "{busiest:?}");
        let calls = busiest.iter().map(|busy| busy.calls).sum::<u64>();
        assert!((15..=15 + 3 * 64).contains(&calls), "few of the passes: {busiest:?}");
    }
}

#[test]
fn keys_are_told_as_stores_know_them() {
    let limiter = limiter(per_day(0));
    let token = "x".repeat(100);
    for _ in 0..2 {
        limiter.check_key(&token).unwrap_err();
    }
    limiter.check_key(("acme", 7_u64)).unwrap_err();
    limiter.check_key(&[0xff_u8, 0][..]).unwrap_err();
    let mut keys: Vec<_> =
        limiter.handle().snapshot().busiest.into_iter().map(|busy| busy.key).collect();
    assert!(keys[0].starts_with("sha#") && keys[0].len() == 36, "no token: {keys:?}");
    keys.remove(0);
    keys.sort_unstable();
    assert_eq!(keys, ["acme|#7", "sha#ea5dbf9596d187e9500f23e9a6801094"]);
}

#[test]
fn a_key_stays_busy_when_its_buckets_are_reset() {
    let limiter = limiter(per_day(1));
    limiter.check_key("a").unwrap();
    limiter.check_key("a").unwrap_err();
    let before = limiter.handle().snapshot().busiest;
    limiter.handle().reset_key("a");
    assert_eq!(limiter.handle().snapshot().busiest, before);
    limiter.check_key("a").unwrap();
}

#[test]
fn who_prints_a_limiter_sees_no_keys() {
    let limiter = limiter([per_day(0), per_hour(0)]);
    limiter.check_key("secret").unwrap_err();
    let printed = format!("{limiter:?} {:?}", limiter.handle());
    assert!(!printed.contains("secret"), "{printed}");
}

#[tokio::test]
async fn requests_without_a_key_are_counted_whatever_becomes_of_them() {
    for missing in [Missing::Shared, Missing::Pass, Missing::Reject] {
        let one = RateLimitLayer::new(per_day(9)).by(Header("x-user")).on_missing(missing);
        let limits = Limits::all([per_day(9), per_hour(9)]);
        let two = RateLimitLayer::with(limits).by(Header("x-user")).on_missing(missing);
        for handle in [
            {
                count(&mut one.layer(ok()), || get([("x-user", "a")])).await;
                passes(&mut one.layer(ok()), get([])).await;
                one.handle()
            },
            {
                count(&mut two.layer(ok()), || get([("x-user", "a")])).await;
                passes(&mut two.layer(ok()), get([])).await;
                two.handle()
            },
        ] {
            let seen = handle.snapshot();
            assert_eq!((seen.keyless, seen.delayed), (1, 0), "{missing:?}");
        }
    }
}

#[test]
fn a_reset_key_is_reset_in_all_limits() {
    let limiter = limiter([per_minute(2), per_hour(2), per_day(3)]);
    for key in ["a", "b"] {
        assert_eq!(limiter.of(key).units(9).take(), 2);
    }
    assert_eq!(limiter.handle().snapshot().keys, 6);
    limiter.handle().reset_key("a");
    assert_eq!(limiter.handle().snapshot().keys, 3);
    assert_eq!(limiter.of("a").units(9).take(), 2);
    assert_eq!(limiter.of("b").units(9).take(), 0);

    assert_eq!(limiter.everybody().units(9).take(), 2);
    limiter.handle().reset();
    assert_eq!(limiter.everybody().units(9).take(), 2);
}

#[tokio::test]
async fn a_limit_for_all_is_reset_whatever_it_was_made_of() {
    let clock = ManualClock::new();
    let beside = (Limit::new(per_hour(9)).by(Header("x-user")), per_hour(1));
    let beside = RateLimitLayer::with(beside).clock(clock.clock());
    let mut service = beside.layer(ok());
    assert_eq!(count(&mut service, || get([("x-user", "a")])).await, 1);
    beside.handle().reset();
    assert_eq!(count(&mut service, || get([("x-user", "a")])).await, 1, "beside another limit");

    let limits = vec![LimitConfig::new(per_hour(1))];
    let configured = RateLimitConfig { limits, ..RateLimitConfig::default() };
    let configured = configured.layer().unwrap().clock(clock.clock());
    let mut service = configured.layer(ok());
    assert_eq!(count(&mut service, || get([])).await, 1);
    configured.handle().reset();
    assert_eq!(count(&mut service, || get([])).await, 1, "from a configuration");
}

#[test]
fn a_quota_that_changes_while_many_decide_is_kept() {
    // In one day each unit takes a day's 20th at least, of a bucket that lasts one day: 20 at most,
    // whatever is set in between.
    let limiter = limiter([per_day(20), per_hour(1_000)]);
    let (handle, done) = (limiter.handle(), AtomicBool::new(false));
    let passed: usize = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for quota in [10, 5, 20] {
                    handle.set_quota(per_day(quota));
                    handle.set_quota_of("api-hour", per_hour(1_000 + quota)).unwrap();
                }
            }
        });
        let decide = || (0..5_000).filter(|_| limiter.check_key("a").is_ok()).count();
        let deciding: Vec<_> = (0..4).map(|_| scope.spawn(decide)).collect();
        let passed = deciding.into_iter().map(|thread| thread.join().unwrap()).sum();
        done.store(true, Ordering::Relaxed);
        passed
    });
    assert!((5..=20).contains(&passed), "{passed}");

    handle.set_quota(per_day(7));
    limiter.check_key("a").unwrap_err();
    handle.reset_key("a");
    assert_eq!(limiter.of("a").units(99).take(), 7);
}

#[test]
fn changes_at_once_are_all_kept() {
    let tiers = ["a", "b", "c", "d"];
    let limit =
        tiers.iter().fold(Limit::new(per_day(1)), |limit, tier| limit.tier(*tier, per_day(1)));
    let limiter = limiter(limit);
    thread::scope(|scope| {
        for tier in tiers {
            let handle = limiter.handle();
            scope.spawn(move || {
                for quota in 1..=500 {
                    handle.set_tier(tier, per_day(quota)).unwrap();
                    handle.set_enabled(true);
                }
            });
        }
    });
    let seen = limiter.handle().snapshot();
    assert!(seen.limits[0].tiers.iter().all(|(_, quota)| *quota == per_day(500)), "{seen:?}");
}
