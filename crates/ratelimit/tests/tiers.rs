//! Tiers: which quota applies to whom, and what becomes of what was taken.

mod support;

use std::time::Duration;

use http::Request;
use palisade_core::{Head, ManualClock, Reason};
use palisade_ratelimit::{
    Header, IntoLimits, Limit, Limits, QuotaBy, RateLimitLayer, RateLimiter, per_day, per_hour,
    per_minute,
};
use tower::Layer;

use self::support::calls::{count, get, ok, passes, refusal, said, send};

/// The plan that an outer layer has found.
fn plan<'h>(head: &Head<'h>) -> Option<&'h str> {
    head.header("x-plan")?.to_str().ok()
}

type Plan = for<'a, 'h> fn(&'a Head<'h>) -> Option<&'h str>;

/// Two an hour, or what the plan says, on a clock that stands still.
fn layer() -> RateLimitLayer<Header, palisade_core::Http, QuotaBy<palisade_ratelimit::One, Plan>> {
    RateLimitLayer::new(per_hour(2))
        .tier("standard", per_hour(4))
        .tier("premium", per_hour(6))
        .tier("enterprise", per_hour(8))
        .by(Header("x-user"))
        .name("api")
        .quota_by(plan as Plan)
        .clock(ManualClock::new().clock())
}

fn on(plan: &str, user: &str) -> Request<()> {
    get([("x-plan", plan), ("x-user", user)])
}

#[tokio::test]
async fn each_tier_has_its_quota() {
    let mut service = layer().layer(ok());
    for (plan, limit) in [("standard", 4), ("premium", 6), ("enterprise", 8)] {
        assert_eq!(count(&mut service, || on(plan, plan)).await, limit);
    }
}

#[tokio::test]
async fn who_is_on_no_tier_or_an_unknown_one_is_on_the_limits_own() {
    let mut service = layer().layer(ok());
    for plan in ["free", "", "Premium", "premium "] {
        assert_eq!(count(&mut service, || on(plan, plan)).await, 2, "{plan:?}");
    }
    assert_eq!(count(&mut service, || get([("x-user", "nobody")])).await, 2);
    assert_eq!(count(&mut service, || get([("x-plan", "enterprise")])).await, 8, "without a key");
}

#[tokio::test]
async fn headers_and_messages_say_the_tiers_quota() {
    let mut service = layer().layer(ok());
    let response = send(&mut service, on("premium", "a")).await;
    assert_eq!(said(&response, "ratelimit-policy"), r#""api";q=6;w=3600"#);
    assert_eq!(said(&response, "ratelimit"), r#""api";r=5;t=600"#);
    count(&mut service, || on("premium", "a")).await;
    let why = refusal(&mut service, on("premium", "a")).await.unwrap();
    assert_eq!(why.reason(), Reason::rate_limited(per_hour(6), "x-user"));
    assert_eq!(
        why.to_string(),
        r#"rate limited: "api" allows 6 per hour (by x-user); retry after 10m"#
    );
    let response = send(&mut service, on("none", "b")).await;
    assert_eq!(said(&response, "ratelimit-policy"), r#""api";q=2;w=3600"#);
}

#[tokio::test]
async fn a_bucket_keeps_its_debt_as_time_on_whichever_tier_its_key_comes() {
    let mut service = layer().layer(ok());
    // Half an hour of the free plan's hour is half of any other's.
    assert!(passes(&mut service, on("free", "a")).await);
    assert_eq!(count(&mut service, || on("enterprise", "a")).await, 4, "an upgrade");
    for plan in ["enterprise", "premium", "free"] {
        assert!(!passes(&mut service, on(plan, "a")).await, "spent is spent: {plan}");
    }

    // Six hundred seconds for each of the premium plan are a third of a unit of the free one.
    for _ in 0..3 {
        assert!(passes(&mut service, on("premium", "b")).await);
    }
    assert_eq!(count(&mut service, || on("free", "b")).await, 1, "a downgrade");
}

#[tokio::test]
async fn who_upgrades_waits_for_the_new_tiers_unit() {
    let clock = ManualClock::new();
    let mut service = layer().clock(clock.clock()).layer(ok());
    count(&mut service, || on("free", "a")).await;
    let wait = |why: palisade_core::Rejection| why.retry_after().unwrap().as_secs();
    assert_eq!(wait(refusal(&mut service, on("free", "a")).await.unwrap()), 1_800);
    assert_eq!(wait(refusal(&mut service, on("enterprise", "a")).await.unwrap()), 450);
    clock.advance(Duration::from_secs(450));
    assert!(passes(&mut service, on("enterprise", "a")).await);
}

#[tokio::test]
async fn a_tier_of_the_same_name_replaces_the_one_before() {
    let layer = layer().tier("premium", per_hour(7));
    assert_eq!(count(&mut layer.layer(ok()), || on("premium", "a")).await, 7);
    let tiers = layer.handle().snapshot().limits.remove(0).tiers;
    let expected = [("standard", 4), ("premium", 7), ("enterprise", 8)];
    assert_eq!(tiers, expected.map(|(name, limit)| (name.to_owned(), per_hour(limit))));
}

#[tokio::test]
async fn a_tier_changes_while_it_is_in_use() {
    let layer = layer();
    let (mut service, handle) = (layer.layer(ok()), layer.handle());
    handle.set_tier("premium", per_hour(3)).unwrap();
    assert_eq!(count(&mut service, || on("premium", "a")).await, 3);
    assert_eq!(count(&mut service, || on("standard", "b")).await, 4);
    assert_eq!(count(&mut service, || on("free", "c")).await, 2);

    handle.set_quota(per_hour(1));
    assert_eq!(count(&mut service, || on("free", "d")).await, 1);
    assert_eq!(count(&mut service, || on("premium", "e")).await, 3);
    handle.set_tier("premium", per_hour(0)).unwrap();
    let why = refusal(&mut service, on("premium", "f")).await.unwrap();
    assert_eq!(why.retry_after(), None);
}

#[test]
fn a_tier_that_no_limit_has_is_an_error_and_changes_nothing() {
    let handle = layer().handle();
    let before = handle.snapshot();
    let why = handle.set_tier("gold", per_hour(9)).unwrap_err();
    assert_eq!(why.to_string(), r#"no tier "gold"; there are standard, premium, enterprise"#);
    assert_eq!(handle.snapshot(), before);

    let none = RateLimitLayer::new(per_hour(1)).handle();
    let why = none.set_tier("gold", per_hour(9)).unwrap_err();
    assert_eq!(why.to_string(), r#"no tier "gold"; there are none"#);
}

#[test]
fn a_limit_that_there_is_not_is_an_error_and_changes_nothing() {
    let one = RateLimiter::new(per_hour(1)).name("api").handle();
    one.set_quota_of("api", per_hour(2)).unwrap();
    assert_eq!(one.snapshot().quota, per_hour(2));
    let why = one.set_quota_of("default", per_hour(9)).unwrap_err();
    assert_eq!(why.to_string(), r#"no limit "default"; there are api"#);

    let two = RateLimiter::with([per_minute(1), per_hour(1)]).name("api").handle();
    two.set_quota_of("api-hour", per_hour(2)).unwrap();
    let why = two.set_quota_of("api", per_hour(9)).unwrap_err();
    assert_eq!(why.to_string(), r#"no limit "api"; there are api-minute, api-hour"#);
    let quotas: Vec<_> = two.snapshot().limits.iter().map(|limit| limit.quota).collect();
    assert_eq!(quotas, [per_minute(1), per_hour(2)]);

    let none = RateLimiter::with(Vec::<Limit>::new()).handle();
    let why = none.set_quota_of("api", per_hour(9)).unwrap_err();
    assert_eq!(why.to_string(), r#"no limit "api"; there are none"#);
}

/// Both limits have a premium tier, only the second an enterprise one.
fn two() -> impl IntoLimits<Keys = palisade_ratelimit::Each<(palisade_core::Global, Header)>> {
    (
        Limit::new(per_minute(1)).tier("premium", per_minute(2)),
        Limit::new(per_hour(2))
            .by(Header("x-user"))
            .tier("premium", per_hour(5))
            .tier("enterprise", per_hour(9)),
    )
}

#[test]
fn a_tier_is_named_once_in_an_error_however_many_limits_have_it() {
    let why = RateLimiter::with(two()).handle().set_tier("gold", per_hour(9)).unwrap_err();
    assert_eq!(why.to_string(), r#"no tier "gold"; there are premium, enterprise"#);
}

#[test]
fn each_of_several_limits_has_its_own_quota_for_a_tier() {
    let clock = ManualClock::new();
    let limiter = RateLimiter::with(two()).clock(clock.clock());
    let passed = |key: &'static str, tier| {
        let subject = limiter.of(key).tier(tier);
        let minute = std::iter::from_fn(|| subject.check().ok()).count();
        let mut all = minute;
        for _ in 0..20 {
            clock.advance(Duration::from_secs(60));
            all += usize::from(subject.check().is_ok());
        }
        (minute, all)
    };
    // In twenty minutes more a third of the hour's quota comes back.
    assert_eq!(passed("none", "none"), (1, 2));
    assert_eq!(passed("premium", "premium"), (2, 6));
    assert_eq!(passed("enterprise", "enterprise"), (1, 12), "of the minute its own quota applies");
}

#[test]
fn a_tier_changes_in_one_limit_the_first_that_has_it_unless_it_is_named() {
    let limiter = RateLimiter::with(two());
    let handle = limiter.handle();
    let (minute, hour) = {
        let limits = handle.snapshot().limits;
        (limits[0].name, limits[1].name)
    };
    handle.set_tier("premium", per_day(7)).unwrap();
    handle.set_tier("enterprise", per_day(8)).unwrap();
    handle.set_tier_of(hour, "premium", per_day(9)).unwrap();
    let tiers = handle.snapshot().limits.into_iter().map(|limit| limit.tiers);
    let tier = |name: &str, quota| (name.to_owned(), quota);
    let expected = [
        vec![tier("premium", per_day(7))],
        vec![tier("premium", per_day(9)), tier("enterprise", per_day(8))],
    ];
    assert_eq!(tiers.collect::<Vec<_>>(), expected);

    let why = handle.set_tier_of(minute, "enterprise", per_day(1)).unwrap_err();
    assert_eq!(why.to_string(), "no tier \"enterprise\"; there are premium");
    let why = handle.set_tier_of("none", "premium", per_day(1)).unwrap_err();
    assert_eq!(why.to_string(), format!("no limit \"none\"; there are {minute}, {hour}"));
}

#[test]
fn a_tier_of_a_subject_is_the_limiters() {
    let limit = Limit::new(per_hour(2)).tier("premium", per_hour(4));
    let limiter = RateLimiter::with(limit).name("api").clock(ManualClock::new().clock());
    let premium = limiter.of("alice").tier("premium");
    assert_eq!(premium.peek().remaining(), 4);
    assert_eq!(premium.clone().units(9).take(), 4);
    let why = premium.check().unwrap_err();
    assert!(matches!(why.reason(), Reason::RateLimited { quota, .. } if quota == per_hour(4)));
    assert_eq!(limiter.of("bob").tier("gold").units(9).take(), 2);
    assert_eq!(limiter.everybody().tier("premium").units(9).take(), 4);
}

#[test]
fn of_more_than_255_tiers_the_first_255_are_kept() {
    let names = (0..300).map(|tier| format!("tier {tier}"));
    let limit = names.fold(Limit::new(per_hour(1)), |limit, name| limit.tier(name, per_hour(2)));
    let limiter = RateLimiter::with(Limits::all(limit));
    assert_eq!(limiter.handle().snapshot().limits[0].tiers.len(), 255);
    assert_eq!(limiter.of("a").tier("tier 254").units(9).take(), 2);
    assert_eq!(limiter.of("b").tier("tier 255").units(9).take(), 1);
}
