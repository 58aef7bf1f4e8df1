//! What limits are called, in messages, headers and stores.

use std::time::Duration;

use palisade_core::{ManualClock, Reason};
use palisade_ratelimit::{
    IntoLimits, Limit, Limits, Quota, RateLimitLayer, RateLimiter, per_hour, per_minute, per_second,
};

fn limiter(limits: impl IntoLimits) -> RateLimiter {
    RateLimiter::with(limits).name("api").clock(ManualClock::new().clock())
}

/// What its limits are called.
fn names(limiter: &RateLimiter) -> Vec<&'static str> {
    limiter.handle().snapshot().limits.into_iter().map(|limit| limit.name).collect()
}

#[test]
fn limits_are_called_by_the_layer_and_their_period_or_as_they_were_named() {
    let odd = Quota::new(5, Duration::from_secs(90));
    let limits = Limits::all((per_second(10), odd, Limit::new(per_hour(5)).name("hourly")));
    assert_eq!(names(&limiter(limits)), ["api-second", "api-90s", "hourly"]);

    let alone = limiter(Limit::new(per_hour(0)).tier("premium", per_hour(1)));
    assert_eq!(alone.check().unwrap_err().name(), "api");
    let named = limiter(Limit::new(per_hour(0)).name("pages"));
    assert_eq!(named.check().unwrap_err().name(), "pages");
    let unnamed = limiter([per_hour(0)]);
    assert_eq!(unnamed.check().unwrap_err().name(), "api");
}

#[test]
fn a_layer_that_is_renamed_renames_its_limits() {
    let limiter = limiter([per_second(1), per_hour(1)]);
    assert_eq!(names(&limiter), ["api-second", "api-hour"]);
    assert_eq!(names(&limiter.name("web")), ["web-second", "web-hour"]);

    let layer = RateLimitLayer::with([per_second(1), per_hour(1)]);
    assert_eq!(layer.handle().snapshot().limits[1].name, "default-hour");
    assert_eq!(layer.name("api").handle().snapshot().limits[1].name, "api-hour");
}

#[test]
fn a_limit_keeps_its_name_when_its_period_changes() {
    // Whether or not somebody asked for the name before: a store knows the limit by it.
    for asked in [false, true] {
        let limiter = limiter([per_second(1), per_hour(1)]);
        let handle = limiter.handle();
        if asked {
            limiter.check().unwrap();
            limiter.check().unwrap_err();
        }
        handle.set_quota(per_minute(0));
        assert_eq!(handle.snapshot().limits[0].name, "api-second");
        let why = limiter.check().unwrap_err();
        assert_eq!(
            (why.name(), why.reason()),
            ("api-second", Reason::rate_limited(per_minute(0), ""))
        );
    }
}

#[test]
fn limits_of_one_name_are_told_apart() {
    let limiter = limiter(Limits::all((
        per_second(1),
        Limit::new(per_hour(1)).name("api-second-2"),
        per_second(20),
        Limit::new(per_second(300)).name("api-second"),
    )));
    // Who was given a name has it.
    assert_eq!(names(&limiter), ["api-second-3", "api-second-2", "api-second-4", "api-second"]);

    // Each by its own name.
    let handle = limiter.handle();
    handle.set_quota_of("api-second-4", per_minute(7)).unwrap();
    let quotas = handle.snapshot().limits.into_iter().map(|limit| limit.quota);
    let expected = [per_second(1), per_hour(1), per_minute(7), per_second(300)];
    assert_eq!(quotas.collect::<Vec<_>>(), expected);
}
