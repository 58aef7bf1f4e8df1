//! Several limits as one decision: all of them take what is asked for, or none does.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use palisade_core::{ManualClock, Micros, Reason};
use palisade_ratelimit::{
    Header, IntoLimits, Limit, Limits, Quota, RateLimitLayer, RateLimiter, Ratio, per_day,
    per_hour, per_minute, per_second,
};
use proptest::prelude::*;
use tower::Layer;

use self::support::calls::{count, get, ok, passes, refusal, said, send};
use self::support::{Bucket, START, seeded};

const MICRO: Duration = Duration::from_micros(1);

fn limiter(limits: impl IntoLimits) -> (RateLimiter, ManualClock) {
    let clock = ManualClock::new();
    (RateLimiter::with(limits).name("api").clock(clock.clock()), clock)
}

proptest! {
    #![proptest_config(seeded(64))]

    /// Two buckets that are asked first, and charged only if both agree.
    #[test]
    fn nothing_is_taken_unless_all_pass(steps in proptest::collection::vec(0..200_000_u64, 1..400)) {
        let quotas = [per_second(10), per_hour(1_000).burst(25)];
        let (limiter, clock) = limiter(Limits::all(quotas));
        let mut buckets = quotas.map(Bucket::new);
        let mut now = START;
        for step in steps {
            now += step;
            clock.set(Micros(now));
            let expected = buckets.iter().all(|bucket| bucket.would(now, 1));
            if expected {
                buckets.iter_mut().for_each(|bucket| assert!(bucket.decide(now, 1).allowed));
            }
            prop_assert_eq!(limiter.check_key("alice").is_ok(), expected);
            let left = buckets.iter_mut().map(|bucket| bucket.decide(now, 0).remaining()).min();
            prop_assert_eq!(Some(limiter.peek_key("alice").remaining()), left);
        }
    }
}

#[tokio::test]
async fn ten_a_second_and_a_thousand_an_hour_hold_at_once_through_a_layer() {
    let clock = ManualClock::new();
    let limits = Limits::all([per_second(10), per_hour(1_000)]);
    let layer = RateLimitLayer::with(limits).name("api").clock(clock.clock());
    let mut service = layer.layer(ok());
    let mut passed = Vec::new();
    for _ in 0..120 {
        passed.push(count(&mut service, || get([])).await);
        clock.advance(Duration::from_secs(1));
    }
    // Ten each second until the thousand and what came back meanwhile are gone, which is one in 3.6
    // seconds; then only that. The refusals at the end of each second took nothing.
    let whole = passed.iter().take_while(|passed| **passed == 10).count();
    assert_eq!(passed.iter().sum::<usize>(), 1_000 + 119_000 / 3_600);
    assert_eq!((whole, *passed.last().unwrap() <= 1), (102, true));
}

#[tokio::test]
async fn a_refused_call_leaves_the_others_as_they_were() {
    let limits = Limits::all([per_second(1), per_hour(3)]);
    let layer = RateLimitLayer::with(limits).name("api").clock(ManualClock::new().clock());
    let mut service = layer.layer(ok());
    for expected in [
        r#""api-second";r=0;t=1, "api-hour";r=2;t=1200"#,
        // Of what passed but was not charged: until all is back.
        r#""api-second";r=0;t=1, "api-hour";r=2;t=1200"#,
        r#""api-second";r=0;t=1, "api-hour";r=2;t=1200"#,
    ] {
        assert_eq!(said(&send(&mut service, get([])).await, "ratelimit"), expected);
    }
}

#[test]
fn the_refusal_is_that_of_the_limit_that_makes_the_caller_wait_longest() {
    for order in [[per_second(1), per_minute(1)], [per_minute(1), per_second(1)]] {
        let (limiter, clock) = limiter(Limits::all(order));
        limiter.check_key("alice").unwrap();
        clock.advance(Duration::from_millis(300));
        let why = limiter.check_key("alice").unwrap_err();
        assert_eq!(why.name(), "api-minute");
        assert_eq!(why.reason(), Reason::rate_limited(per_minute(1), "key"));
        let wait = Duration::from_millis(59_700);
        assert_eq!(why.retry_after(), Some(wait));

        clock.advance(wait - MICRO);
        let why = limiter.check_key("alice").unwrap_err();
        assert_eq!((why.name(), why.retry_after()), ("api-minute", Some(MICRO)));
        clock.advance(MICRO);
        limiter.check_key("alice").unwrap();
    }
}

#[test]
fn a_limit_that_never_lets_the_call_pass_is_named_before_one_that_will() {
    let (limiter, _) = limiter(Limits::all([per_minute(1), per_second(0), per_hour(1)]));
    let why = limiter.check().unwrap_err();
    assert_eq!((why.name(), why.retry_after()), ("api-second", None));
    assert_eq!(limiter.peek().remaining(), 0);
}

#[tokio::test]
async fn no_limits_at_all_let_everything_pass_and_say_nothing() {
    let none: Vec<Quota> = Vec::new();
    let layer = RateLimitLayer::with(Limits::all(none.clone()));
    let mut service = layer.layer(ok());
    for _ in 0..3 {
        let response = send(&mut service, get([])).await;
        assert_eq!((response.status().as_u16(), response.headers().len()), (200, 0));
    }
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.limits.len(), seen.keys), (3, 0, 0));

    let (limiter, _) = limiter(Limits::all(none));
    let alice = || limiter.of("alice").units(u64::MAX);
    assert_eq!(alice().check().unwrap().remaining(), u64::MAX);
    assert_eq!(alice().take(), u64::MAX);
}

#[tokio::test]
async fn an_array_a_vector_and_a_tuple_are_the_same_limits() {
    async fn holds<L: IntoLimits>(limits: L)
    where
        L::Keys: palisade_core::KeyBy<http::Request<()>> + Clone,
        L::Asks: palisade_ratelimit::Asks<http::Request<()>> + Clone,
    {
        let layer = RateLimitLayer::with(limits).clock(ManualClock::new().clock());
        let mut service = layer.layer(ok());
        assert!(passes(&mut service, get([])).await);
        assert!(passes(&mut service, get([])).await);
        assert_eq!(refusal(&mut service, get([])).await.unwrap().name(), "default-day");
    }
    let quotas = [per_minute(3), per_day(2)];
    holds(quotas).await;
    holds(quotas.to_vec()).await;
    holds(Limits::all((quotas[0], quotas[1]))).await;
    holds(Limits::all(Limits::all(quotas))).await;
    let [a, b] = quotas.map(|quota| Limit::new(quota).by(Header("x-user")));
    holds((a, b, per_hour(9), per_hour(9), per_hour(9), per_hour(9))).await;
}

#[test]
fn of_more_than_255_limits_the_first_255_are_kept() {
    let mut quotas = vec![per_day(5); 254];
    quotas.extend([per_hour(3), per_hour(0)]);
    let (limiter, _) = limiter(quotas);
    assert_eq!(limiter.handle().snapshot().limits.len(), 255);
    assert_eq!(limiter.of("alice").units(9).take(), 3);
}

#[tokio::test]
async fn on_a_dry_run_what_would_be_refused_is_counted_and_takes_nothing() {
    let limits = Limits::all([per_second(1), per_hour(9)]);
    let layer = RateLimitLayer::with(limits).enforce(Ratio::ZERO);
    let layer = layer.clock(ManualClock::new().clock());
    let mut service = layer.layer(ok());
    for _ in 0..4 {
        assert!(passes(&mut service, get([])).await);
    }
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.shadowed, seen.rejected), (1, 3, 0));
    let response = send(&mut service, get([])).await;
    assert_eq!(
        said(&response, "ratelimit"),
        r#""default-second";r=0;t=1, "default-hour";r=8;t=400"#
    );
}

#[test]
fn many_threads_together_get_exactly_the_tighter_limit() {
    const THREADS: usize = 8;
    for quotas in [[per_day(700), per_hour(5_000)], [per_hour(5_000), per_day(700)]] {
        let (limiter, _) = limiter(quotas);
        let passed = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let checks = (0..500).map(|_| limiter.check_key("alice"));
                    passed.fetch_add(checks.filter(Result::is_ok).count(), Ordering::Relaxed);
                });
            }
        });
        assert_eq!(passed.into_inner(), 700);
        let seen = limiter.handle().snapshot();
        assert_eq!((seen.passed, seen.rejected), (700, (THREADS * 500 - 700) as u64));
        assert_eq!(limiter.of("alice").peek().remaining(), 0);
    }
}
