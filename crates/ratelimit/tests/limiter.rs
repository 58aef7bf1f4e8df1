//! The rate limit without Tower: keys, bounds, what is shared and what is counted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use http::HeaderValue;
use palisade_core::test::echo;
use palisade_core::{Key, ManualClock, Origin, Reason};
use palisade_ratelimit::{Global, RateLimiter, Ratio, per_minute, per_second};
use tower::{Layer, Service, ServiceExt};

/// A limiter whose time stands still.
fn limiter(limit: u32) -> (RateLimiter, ManualClock) {
    let clock = ManualClock::new();
    (RateLimiter::new(per_second(limit)).clock(clock.clock()), clock)
}

#[test]
fn a_check_says_what_is_left_and_when_all_is_back() {
    let (limiter, clock) = limiter(10);
    let first = limiter.check().unwrap();
    assert_eq!((first.remaining(), first.reset().0), (9, 100_000));

    clock.advance(Duration::from_millis(40));
    let second = limiter.check().unwrap();
    assert_eq!((second.remaining(), second.reset().0), (8, 160_000));
}

#[test]
fn a_refusal_says_who_why_and_until_when() {
    let clock = ManualClock::new();
    let limiter = RateLimiter::new(per_minute(1)).name("login").clock(clock.clock());
    limiter.check_key("alice").unwrap();
    clock.advance(Duration::from_millis(1_500));

    let why = limiter.check_key("alice").unwrap_err();
    assert_eq!((why.layer(), why.name(), why.origin()), ("ratelimit", "login", Origin::Local));
    assert_eq!(why.reason(), Reason::rate_limited(per_minute(1), "key"));
    assert_eq!(why.retry_after(), Some(Duration::from_millis(58_500)));
    assert!(!format!("{why} {why:?}").contains("alice"), "keys are secrets");

    clock.advance(Duration::from_millis(58_500));
    limiter.check_key("alice").unwrap();
}

#[test]
fn a_limit_of_nothing_refuses_for_ever() {
    let (limiter, _) = limiter(0);
    assert_eq!(limiter.check().unwrap_err().retry_after(), None);
    assert_eq!(limiter.check_key("alice").unwrap_err().retry_after(), None);
    assert_eq!(limiter.handle().snapshot().keys, 0);
}

#[test]
fn peeking_takes_nothing_and_counts_nothing() {
    let (limiter, _) = limiter(2);
    for _ in 0..5 {
        assert_eq!((limiter.peek().remaining(), limiter.peek_key("alice").remaining()), (2, 2));
    }
    limiter.check().unwrap();
    limiter.check_key("alice").unwrap();
    assert_eq!((limiter.peek().remaining(), limiter.peek_key("alice").remaining()), (1, 1));

    let snapshot = limiter.handle().snapshot();
    assert_eq!((snapshot.passed, snapshot.rejected, snapshot.keys), (2, 0, 1));
}

#[test]
fn keys_of_every_kind_have_buckets_of_their_own() {
    let (limiter, _) = limiter(1);
    let header = HeaderValue::from_static("header");
    let owned = String::from("borrowed");
    let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let keys = || {
        [
            Key::from("text"),
            Key::from(&b"bytes"[..]),
            Key::from(String::from("owned")),
            Key::from(&owned),
            Key::from(&header),
            Key::from(1_u64),
            Key::from(u128::MAX),
            Key::from(v4),
            Key::from(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            Key::from([7; 16]),
            Key::from(("text", 1_u64)),
            Key::from(("a", "b", "c", v4)).and("e"),
            Key::global(),
        ]
    };
    for key in keys() {
        assert!(limiter.check_key(key.clone()).is_ok(), "{key:?}");
    }
    for key in keys() {
        assert!(limiter.check_key(key.clone()).is_err(), "{key:?}");
    }
    assert_eq!(limiter.handle().snapshot().keys, 13);
    assert!(limiter.check().is_ok(), "no key is the bucket of those without");
}

#[test]
fn when_there_are_too_many_keys_the_new_ones_share_a_bucket() {
    let clock = ManualClock::new();
    let limiter = RateLimiter::new(per_second(2)).max_keys(2).clock(clock.clock());
    for key in ["a", "b"] {
        assert_eq!(limiter.check_key(key).unwrap().remaining(), 1);
    }
    // A third and a fourth between them have what one key would have.
    assert_eq!(limiter.check_key("c").unwrap().remaining(), 1);
    assert_eq!(limiter.check_key("d").unwrap().remaining(), 0);
    assert!(limiter.check_key("e").is_err());
    // A flood of them gives a known key nothing back, and takes nothing from it.
    assert_eq!(limiter.check_key("a").unwrap().remaining(), 0);
    assert!(limiter.check_key("a").is_err());

    let snapshot = limiter.handle().snapshot();
    assert_eq!((snapshot.keys, snapshot.overflows, snapshot.evictions), (2, 3, 0));
}

#[test]
fn a_key_whose_bucket_is_full_again_gives_its_place_to_a_new_one() {
    for most in [1, 2, 10, 100] {
        let clock = ManualClock::new();
        let limiter = RateLimiter::new(per_second(1)).max_keys(most).clock(clock.clock());
        for round in 0..3_u64 {
            for key in 0..most as u64 {
                assert!(limiter.check_key((round, key)).is_ok(), "{key} of {most} in {round}");
            }
            clock.advance(Duration::from_secs(1));
        }
        let snapshot = limiter.handle().snapshot();
        assert_eq!((snapshot.keys, snapshot.overflows), (most, 0), "{most} keys");
        assert_eq!(snapshot.evictions, 2 * most as u64);
    }
}

#[test]
fn no_keys_at_most_counts_as_one() {
    let limiter = RateLimiter::new(per_second(1)).max_keys(0).clock(ManualClock::new().clock());
    limiter.check_key("a").unwrap();
    limiter.check_key("b").unwrap();
    assert!(limiter.check_key("c").is_err());
    assert_eq!(limiter.handle().snapshot().keys, 1);
}

#[tokio::test]
async fn its_layers_and_services_share_its_buckets() {
    let (limiter, _) = limiter(3);
    let mut one = limiter.layer().plain().layer(echo());
    let mut other = limiter.layer_by(Global).plain_boxed().layer(echo());

    limiter.check().unwrap();
    one.ready().await.unwrap().call("one").await.unwrap();
    other.ready().await.unwrap().call("other").await.unwrap();
    assert!(limiter.clone().check().is_err());
    one.ready().await.unwrap().call("one").await.unwrap_err();
    assert_eq!(limiter.handle().snapshot().rejected, 2);
}

#[test]
fn a_setter_on_a_limiter_in_use_starts_a_limit_of_its_own() {
    let (limiter, _) = limiter(1);
    let renamed = limiter.clone().name("another");
    limiter.check().unwrap();
    assert!(limiter.check().is_err());

    renamed.check().unwrap();
    assert_eq!(renamed.handle().snapshot().passed, 1);
    assert_eq!(renamed.check().unwrap_err().name(), "another");
    assert_eq!(limiter.check().unwrap_err().name(), "default");
}

#[test]
fn a_handle_sees_and_changes_the_limit_in_use() {
    let (limiter, _) = limiter(1);
    let handle = limiter.handle();
    limiter.check().unwrap();
    limiter.check().unwrap_err();

    handle.set_enforce(Ratio::ZERO);
    assert!(limiter.check().is_ok_and(|outcome| !outcome.allowed));
    handle.set_enabled(false);
    limiter.check().unwrap();
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.passed, snapshot.rejected, snapshot.shadowed), (1, 1, 1));
    assert_eq!((snapshot.enabled, snapshot.enforce), (false, Ratio::ZERO));

    handle.set_enabled(true);
    handle.set_enforce(Ratio::ONE);
    // What was a second of one unit is half of two.
    handle.set_quota(per_second(1).burst(2));
    assert_eq!((handle.snapshot().quota, limiter.peek().remaining()), (per_second(1).burst(2), 1));
    limiter.check().unwrap();
    limiter.check().unwrap_err();

    handle.reset();
    assert_eq!(limiter.peek().remaining(), 2);
}

#[test]
fn a_reset_key_starts_afresh_and_no_other() {
    let (limiter, _) = limiter(1);
    for key in ["alice", "bob"] {
        limiter.check_key(key).unwrap();
    }
    limiter.handle().reset_key("alice");
    limiter.check_key("alice").unwrap();
    limiter.check_key("bob").unwrap_err();
}

#[test]
fn a_clock_that_is_set_is_the_one_that_is_read() {
    let (started, later) = (ManualClock::new(), ManualClock::new());
    let limiter = RateLimiter::new(per_second(1)).clock(started.clock()).clock(later.clock());
    limiter.check().unwrap();
    started.advance(Duration::from_secs(5));
    limiter.check().unwrap_err();
    later.advance(Duration::from_secs(1));
    limiter.check().unwrap();
}
