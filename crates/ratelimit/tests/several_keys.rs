//! Several limits, each with a key and a cost of its own.

mod support;

use http::Request;
use palisade_core::{Head, Key, ManualClock, Reason};
use palisade_ratelimit::{
    Each, Global, Header, IntoLimits, Limit, Limits, Missing, One, RateLimitLayer, per_hour,
    per_minute, per_second,
};
use tower::{Layer, Service, ServiceExt};

use self::support::calls::{count, get, ok, passes, refusal, said, send};

/// A layer on a clock that stands still.
fn layer<L: IntoLimits>(limits: L) -> RateLimitLayer<L::Keys, palisade_core::Http, L::Asks> {
    RateLimitLayer::with(limits).name("api").clock(ManualClock::new().clock())
}

type Two = RateLimitLayer<Each<(Header, Header)>, palisade_core::Http, Each<(One, One)>>;

/// One a minute for a user, three an hour for a tenant.
fn users_of_tenants() -> Two {
    layer((
        Limit::new(per_minute(1)).by(Header("x-user")),
        Limit::new(per_hour(3)).by(Header("x-tenant")).name("tenant"),
    ))
}

fn of(user: &str, tenant: &str) -> Request<()> {
    get([("x-user", user), ("x-tenant", tenant)])
}

fn bytes(head: &Head<'_>) -> u64 {
    let length = head.header("content-length").and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn each_limit_counts_by_its_own_key() {
    let mut service = users_of_tenants().layer(ok());
    for user in ["a", "b"] {
        assert!(passes(&mut service, of(user, "acme")).await);
    }
    let why = refusal(&mut service, of("a", "acme")).await.unwrap();
    assert_eq!(why.reason(), Reason::rate_limited(per_minute(1), "x-user"));
    assert_eq!(why.name(), "api-minute");

    assert!(passes(&mut service, of("c", "acme")).await, "the refusal took nothing of the tenant");
    let why = refusal(&mut service, of("d", "acme")).await.unwrap();
    assert_eq!(why.reason(), Reason::rate_limited(per_hour(3), "x-tenant"));
    assert_eq!(why.name(), "tenant");
    assert!(passes(&mut service, of("d", "other")).await, "the refusal took nothing of the user");
}

#[tokio::test]
async fn one_key_of_two_limits_is_two_buckets() {
    // The same value under both limits: neither is charged for the other.
    let limits = (
        Limit::new(per_minute(1)).by(Header("x-user")),
        Limit::new(per_minute(1)).by(Header("x-tenant")).name("tenant"),
    );
    let layer = layer(limits);
    let mut service = layer.layer(ok());
    assert!(passes(&mut service, of("a", "b")).await);
    assert!(passes(&mut service, of("b", "a")).await);
    assert_eq!(layer.handle().snapshot().keys, 4);
}

#[tokio::test]
async fn a_limit_for_all_stands_beside_one_for_each() {
    let mut service =
        layer((Limit::new(per_minute(2)).by(Header("x-user")), per_hour(3))).layer(ok());
    assert_eq!(count(&mut service, || get([("x-user", "a")])).await, 2);
    assert_eq!(count(&mut service, || get([("x-user", "b")])).await, 1);
    let why = refusal(&mut service, get([("x-user", "c")])).await.unwrap();
    assert_eq!((why.name(), why.reason()), ("api-hour", Reason::rate_limited(per_hour(3), "")));
}

#[tokio::test]
async fn each_limit_takes_its_own_cost() {
    let limits = (
        Limit::new(per_minute(10)).by(Header("x-user")),
        Limit::new(per_hour(1_000)).by(Header("x-user")).name("bytes").cost_by(bytes),
    );
    let mut service = layer(limits).layer(ok());
    let upload = |length| get([("x-user", "a"), ("content-length", length)]);
    let response = send(&mut service, upload("600")).await;
    assert_eq!(said(&response, "ratelimit"), r#""api-minute";r=9;t=6, "bytes";r=400;t=2160"#);

    let why = refusal(&mut service, upload("401")).await.unwrap();
    assert_eq!((why.name(), why.retry_after().unwrap().as_millis()), ("bytes", 3_600));
    let response = send(&mut service, upload("0")).await;
    assert_eq!(said(&response, "ratelimit"), r#""api-minute";r=8;t=12, "bytes";r=400;t=2160"#);
}

#[tokio::test]
async fn limits_of_an_array_have_costs_of_their_own() {
    let costs: [fn(&Head<'_>) -> u64; 2] = [|_| 1, bytes];
    let limits = costs.map(|cost| Limit::new(per_minute(10)).by(Header("x-user")).cost_by(cost));
    let mut service = layer(limits).layer(ok());
    let upload = get([("x-user", "a"), ("content-length", "7")]);
    let response = send(&mut service, upload).await;
    assert_eq!(said(&response, "ratelimit"), r#""api-minute";r=9;t=6, "api-minute-2";r=3;t=42"#);
}

#[tokio::test]
async fn the_layers_own_cost_takes_the_place_of_all() {
    let limits = (Limit::new(per_minute(10)), Limit::new(per_hour(100)).cost_by(|_| 50));
    let mut service = layer(limits).cost_by(|_| 4).layer(ok());
    let response = send(&mut service, get([])).await;
    assert_eq!(said(&response, "ratelimit"), r#""api-minute";r=6;t=24, "api-hour";r=96;t=144"#);
}

#[tokio::test]
async fn limits_of_a_vector_have_keys_of_their_own() {
    let limits = ["x-user", "x-tenant"].map(|name| Limit::new(per_minute(1)).by(Header(name)));
    let mut service = layer(Limits::all(limits.to_vec())).layer(ok());
    assert!(passes(&mut service, of("a", "acme")).await);
    assert!(!passes(&mut service, of("a", "other")).await);
    assert!(!passes(&mut service, of("b", "acme")).await);
    assert!(passes(&mut service, of("b", "other")).await);
}

#[tokio::test]
async fn a_key_of_the_layer_takes_the_place_of_all() {
    let layer = users_of_tenants().by(Header("x-key"));
    let mut service = layer.layer(ok());
    assert!(passes(&mut service, get([("x-key", "1"), ("x-user", "a")])).await);
    assert!(passes(&mut service, get([("x-key", "2"), ("x-user", "a")])).await);
    let why = refusal(&mut service, get([("x-key", "2"), ("x-user", "b")])).await.unwrap();
    assert_eq!(why.reason(), Reason::rate_limited(per_minute(1), "x-key"));

    let mut service = users_of_tenants().by(Global).layer(ok());
    assert!(passes(&mut service, of("a", "acme")).await);
    assert!(!passes(&mut service, of("b", "other")).await);
}

#[tokio::test]
async fn a_closure_makes_the_key_of_one_limit() {
    let path = |head: &Head<'_>| head.path().split('/').nth(1).is_some_and(|first| first == "v1");
    let limits = (
        Limit::new(per_minute(9)).by(Header("x-user")),
        Limit::new(per_hour(1)).by_fn(move |head| Some(Key::from(u64::from(path(head))))),
    );
    let mut service = layer(limits).layer(ok());
    let to = |path: &str| Request::get(path).header("x-user", "a").body(()).unwrap();
    assert!(passes(&mut service, to("/v1/a")).await);
    assert!(!passes(&mut service, to("/v1/b")).await);
    assert!(passes(&mut service, to("/v2")).await);
}

#[tokio::test]
async fn a_missing_key_shares_a_bucket_of_that_limit_alone() {
    let layer = users_of_tenants();
    let mut service = layer.layer(ok());
    for user in ["a", "b", "c"] {
        assert!(passes(&mut service, get([("x-user", user)])).await);
    }
    // The three of an hour that all requests without a tenant share.
    assert_eq!(refusal(&mut service, get([("x-user", "d")])).await.unwrap().name(), "tenant");
    assert!(passes(&mut service, of("d", "acme")).await);
    assert_eq!(refusal(&mut service, of("a", "acme")).await.unwrap().name(), "api-minute");
    assert_eq!(layer.handle().snapshot().keyless, 4);
}

#[tokio::test]
async fn a_missing_key_passes_that_limit_alone() {
    let layer = users_of_tenants().on_missing(Missing::Pass);
    let mut service = layer.layer(ok());
    for user in ["a", "b", "c", "d"] {
        let response = send(&mut service, get([("x-user", user)])).await;
        // Nothing is said of a limit that does not apply.
        assert_eq!(said(&response, "ratelimit"), r#""api-minute";r=0;t=60"#);
    }
    assert_eq!(refusal(&mut service, get([("x-user", "a")])).await.unwrap().name(), "api-minute");
    assert_eq!(count(&mut service, || get([])).await, 1_000, "no limit applies");
    let seen = layer.handle().snapshot();
    assert_eq!((seen.rejected, seen.passed), (1, 1_004));
}

#[tokio::test]
async fn a_missing_key_refuses_the_call_and_takes_nothing_of_the_others() {
    let layer = users_of_tenants().on_missing(Missing::Reject);
    let mut service = layer.layer(ok());
    let why = refusal(&mut service, get([("x-user", "a")])).await.unwrap();
    assert_eq!(why.reason(), Reason::key_missing("x-tenant"));
    assert_eq!(why.retry_after(), None);
    let why = refusal(&mut service, get([])).await.unwrap();
    assert_eq!(why.reason(), Reason::key_missing("x-user"), "the first that is missing");
    assert!(passes(&mut service, of("a", "acme")).await);
    let seen = layer.handle().snapshot();
    assert_eq!((seen.rejected, seen.keyless, seen.passed), (2, 2, 1));
}

#[tokio::test]
async fn a_missing_key_stops_no_dry_run() {
    let layer = users_of_tenants().on_missing(Missing::Reject).enforce(palisade_core::Ratio::ZERO);
    let mut service = layer.layer(ok());
    assert!(passes(&mut service, get([("x-user", "a")])).await);
    assert_eq!(layer.handle().snapshot().shadowed, 1);
}

#[tokio::test]
async fn limits_without_keys_and_costs_ask_nothing_of_a_request() {
    // Not even that it is HTTP.
    let layer = layer((per_second(2), per_hour(1))).plain();
    let mut service = layer.layer(palisade_core::test::echo());
    assert_eq!(service.ready().await.unwrap().call("job").await.unwrap(), "job");
    let why = service.ready().await.unwrap().call("job").await.unwrap_err();
    assert_eq!(why.rejection().unwrap().name(), "api-hour");
}
