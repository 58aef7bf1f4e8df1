//! Several limits in a store: one question for all of them.

mod support;

use std::sync::Arc;

use palisade_core::algorithm::{Op, Outcome, Retry};
use palisade_core::store::{MemoryStore, Store};
use palisade_core::{Head, ManualClock, Micros, Reason};
use palisade_ratelimit::{
    Gcra, Header, Limit, Limits, Missing, Outage, RateLimitLayer, per_hour, per_minute, per_second,
};
use tower::Layer;

use self::support::calls::{get, ok, passes, refusal, said, send};
use self::support::scripted::{Asked, Questions, failing, passing, scripted};

fn plan<'h>(head: &Head<'h>) -> Option<&'h str> {
    head.header("x-plan")?.to_str().ok()
}

/// Two limits with keys, costs and tiers of their own, in `store`.
macro_rules! layer {
    ($store:expr) => {
        RateLimitLayer::with((
            Limit::new(per_minute(2)).by(Header("x-user")).tier("premium", per_minute(5)),
            Limit::new(per_hour(30)).by(Header("x-tenant")).name("tenant").cost_by(|_| 7),
        ))
        .name("api")
        .clock(ManualClock::new().clock())
        .quota_by(plan)
        .store($store)
    };
}

fn asked(questions: &mut Questions) -> Vec<Asked> {
    std::iter::from_fn(|| questions.next()).collect()
}

fn question(keys: &[(&str, u64)]) -> Asked {
    (Op::Decide, keys.iter().map(|(key, units)| ((*key).to_owned(), *units)).collect())
}

#[tokio::test(start_paused = true)]
async fn the_store_is_asked_once_for_all_of_them() {
    let (store, mut questions) = passing();
    let layer = layer!(store).class_by(|_| 3);
    let mut service = layer.layer(ok());
    let request = || get([("x-user", "a|b"), ("x-tenant", "acme"), ("x-plan", "premium")]);
    assert!(passes(&mut service, request()).await);

    let (op, charges) = questions.charges().unwrap();
    assert_eq!(op, Op::Decide);
    let seen = charges.iter().map(|charge| (&*charge.subject, charge.units, charge.class));
    let seen: Vec<_> = seen.collect();
    assert_eq!(seen, [("a%7cb", 1, 3), ("acme", 7, 3)]);
    let names: Vec<_> = charges.iter().map(|charge| charge.policy.name().as_str()).collect();
    assert_eq!(names, ["api-minute", "tenant"]);
    // The quota of the tier where there is one.
    let quotas = charges.iter().map(|charge| charge.policy.downcast_ref::<Gcra>().copied());
    let expected = [per_minute(5), per_hour(30)].map(|quota| Some(Gcra::new(quota)));
    assert!(quotas.eq(expected));
    assert!(questions.charges().is_none());
    assert_eq!(layer.handle().snapshot().keys, 0, "nothing is kept beside the store");
}

#[tokio::test(start_paused = true)]
async fn the_store_is_asked_only_for_limits_that_apply() {
    let (store, mut questions) = passing();
    let layer = layer!(store);
    let mut service = layer.clone().layer(ok());
    assert!(passes(&mut service, get([("x-user", "a")])).await);
    assert_eq!(asked(&mut questions), [question(&[("api-minute|a", 1), ("tenant|#", 7)])]);

    let mut service = layer.clone().on_missing(Missing::Pass).layer(ok());
    assert!(passes(&mut service, get([("x-tenant", "acme")])).await);
    assert!(passes(&mut service, get([])).await);
    assert_eq!(asked(&mut questions), [question(&[("tenant|acme", 7)])]);

    let mut service = layer.on_missing(Missing::Reject).layer(ok());
    assert!(!passes(&mut service, get([("x-tenant", "acme")])).await);
    assert_eq!(asked(&mut questions), []);
}

#[tokio::test(start_paused = true)]
async fn limits_of_one_period_are_not_one_limit_there() {
    let (store, mut questions) = passing();
    let limits = [Limit::new(per_minute(2)), Limit::new(per_minute(9)).name("api-minute")];
    let layer = RateLimitLayer::with(Limits::all(limits)).name("api").store(store);
    assert!(passes(&mut layer.layer(ok()), get([])).await);
    assert_eq!(asked(&mut questions), [question(&[("api-minute-2|#", 1), ("api-minute|#", 1)])]);
}

#[tokio::test(start_paused = true)]
async fn the_stores_refusal_with_the_longest_wait_is_told() {
    let (store, _) = scripted(|_, _| {
        let after = |micros| Outcome::refused(Retry::After(Micros(micros)));
        Ok(vec![after(1_000_000).with_remaining(1), after(2_500_001).with_remaining(4)])
    });
    let layer = layer!(store);
    let request = get([("x-user", "a"), ("x-tenant", "acme"), ("x-plan", "premium")]);
    let response = send(&mut layer.layer(ok()), request).await;
    let why = response.extensions().get::<palisade_core::Rejection>().unwrap();
    assert_eq!(
        (why.name(), why.reason()),
        ("tenant", Reason::rate_limited(per_hour(30), "x-tenant"))
    );
    assert_eq!(why.retry_after().unwrap().as_micros(), 2_500_001);
    assert_eq!(said(&response, "retry-after"), "3");
    let policy = r#""api-minute";q=5;w=60, "tenant";q=30;w=3600"#;
    assert_eq!(said(&response, "ratelimit-policy"), policy);
    assert_eq!(said(&response, "ratelimit"), r#""api-minute";r=1;t=1, "tenant";r=4;t=3"#);
    assert_eq!(layer.handle().snapshot().rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn one_refusal_of_two_is_told_with_what_the_other_has_left() {
    let (store, _) = scripted(|_, _| {
        Ok(vec![Outcome::refused(Retry::Never), Outcome::passed(0).with_remaining(9)])
    });
    let mut service = layer!(store).layer(ok());
    let response = send(&mut service, get([("x-user", "a"), ("x-tenant", "acme")])).await;
    let why = response.extensions().get::<palisade_core::Rejection>().unwrap();
    assert_eq!((why.name(), why.retry_after()), ("api-minute", None));
    assert_eq!(said(&response, "ratelimit"), r#""api-minute";r=0, "tenant";r=9;t=0"#);
}

/// What three calls of one user get in an outage, and how often the store failed.
async fn in_an_outage(store: impl Store, outage: Outage) -> (Vec<u16>, u64) {
    let layer = layer!(store).on_outage(outage);
    let mut service = layer.layer(ok());
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let request = get([("x-user", "a"), ("x-tenant", "acme")]);
        statuses.push(send(&mut service, request).await.status().as_u16());
    }
    (statuses, layer.handle().snapshot().store_errors)
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_all_limits_follow_the_policy() {
    let outages =
        [(Outage::Local, [200, 200, 429]), (Outage::Allow, [200; 3]), (Outage::Deny, [503; 3])];
    for (outage, statuses) in outages {
        let expected = (statuses.to_vec(), 3);
        assert_eq!(in_an_outage(failing().0, outage).await, expected);
        // An answer that leaves a limit out, or has one too many, is none.
        let short = scripted(|_, _| Ok(vec![Outcome::passed(1)])).0;
        assert_eq!(in_an_outage(short, outage).await, expected);
        let long = scripted(|_, _| Ok(vec![Outcome::passed(1); 3])).0;
        assert_eq!(in_an_outage(long, outage).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_want_of_the_store_names_the_first_limit() {
    let layer = layer!(failing().0).on_outage(Outage::Deny);
    let request = get([("x-user", "a"), ("x-tenant", "acme")]);
    let why = refusal(&mut layer.layer(ok()), request).await.unwrap();
    assert_eq!((why.name(), why.reason()), ("api-minute", Reason::StoreDown));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_nothing_refuses_without_asking_the_store() {
    let (store, mut questions) = passing();
    let layer = layer!(store);
    layer.handle().set_quota_of("tenant", per_second(0)).unwrap();
    let request = get([("x-user", "a"), ("x-tenant", "acme")]);
    let why = refusal(&mut layer.layer(ok()), request).await.unwrap();
    assert_eq!((why.name(), why.retry_after()), ("tenant", None));
    assert_eq!(asked(&mut questions), []);
}

#[tokio::test(start_paused = true)]
async fn memory_as_a_store_decides_as_memory_does() {
    let clock = ManualClock::new();
    let layer = || layer!(MemoryStore::new()).clock(clock.clock());
    let store = Arc::new(MemoryStore::with(1_000, clock.clock()));
    let (stored, own) = (layer().store(store), layer().on_outage(Outage::Local));
    let own = own.store(failing().0);
    for layer in [&stored, &own] {
        layer.handle().set_quota_of("tenant", per_minute(70)).unwrap();
    }
    let (mut a, mut b) = (stored.layer(ok()), own.layer(ok()));
    for step in 0..300_u64 {
        clock.advance(std::time::Duration::from_micros(step * 7_919 % 9_000_000));
        let pick = |of: [&'static str; 3], by: u64| of[(step * step / by % 3) as usize];
        let headers = || {
            let plan = pick(["free", "premium", "none"], 11);
            [
                ("x-user", pick(["a", "b", "c"], 7)),
                ("x-tenant", pick(["a", "b", "c"], 5)),
                ("x-plan", plan),
            ]
        };
        let (a, b) = (send(&mut a, get(headers())).await, send(&mut b, get(headers())).await);
        assert_eq!((a.status(), a.headers()), (b.status(), b.headers()), "step {step}");
    }
    let (stored, own) = (stored.handle().snapshot(), own.handle().snapshot());
    assert_eq!((own.passed, own.rejected), (stored.passed, stored.rejected));
    assert!(own.rejected > 50 && own.passed > 50, "{own:?}");
}
