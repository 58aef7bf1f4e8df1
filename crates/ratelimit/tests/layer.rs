//! The layer: whose bucket a request is charged to, what is shared, what a handle changes.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::convert::Infallible;
use std::task::{Context, Poll, Waker};

use http::Request;
use palisade_core::test::{Canned, Probe, assert_layer, assert_service, echo, inner};
use palisade_core::{Clock, Header, Key, KeyBy, LayerError, ManualClock, Method, key};
use palisade_ratelimit::{
    Asks, Global, Headers, HeadersOn, Missing, Outage, RateLimit, RateLimitLayer, Ratio, Rejection,
    Reset, per_day, per_minute, per_second,
};
use tower::{Layer, Service, ServiceExt};

type Answer<T> = Result<T, LayerError<Infallible>>;

/// A clock that stands still.
fn still() -> Clock {
    ManualClock::new().clock()
}

fn limit(limit: u32) -> RateLimitLayer {
    RateLimitLayer::new(per_second(limit)).clock(still())
}

/// Puts the layer around a service that answers each request with itself.
fn around<L: Layer<Canned<T, T>>, T>(layer: &L) -> L::Service {
    layer.layer(echo())
}

/// One call, which nothing holds up.
async fn call<S: Service<Req>, Req>(
    service: &mut S,
    request: Req,
) -> Result<S::Response, S::Error> {
    service.ready().await?.call(request).await
}

fn get(key: Option<&str>) -> Request<()> {
    let mut request = Request::new(());
    if let Some(key) = key {
        request.headers_mut().insert("x-api-key", key.parse().unwrap());
    }
    request
}

/// Whether a request passes.
async fn passes<K, A>(
    service: &mut RateLimit<Canned<Request<()>, Request<()>>, K, palisade_core::respond::Plain, A>,
    request: Request<()>,
) -> bool
where
    K: KeyBy<Request<()>>,
    A: Asks<Request<()>>,
{
    call(service, request).await.is_ok()
}

#[tokio::test]
async fn without_a_key_all_share_one_bucket() {
    let mut service = around(&limit(2).plain());
    assert!(passes(&mut service, get(Some("a"))).await);
    assert!(passes(&mut service, get(Some("b"))).await);
    assert!(!passes(&mut service, get(None)).await);
}

#[tokio::test]
async fn each_key_has_a_bucket_of_its_own() {
    let mut service = around(&limit(1).by(Header("x-api-key")).plain());
    for key in ["a", "b"] {
        assert!(passes(&mut service, get(Some(key))).await);
        assert!(!passes(&mut service, get(Some(key))).await);
    }
}

#[tokio::test]
async fn a_closure_over_the_head_makes_the_key() {
    let layer =
        limit(1).by_fn(|head| head.header("x-api-key").map(|value| Key::from(value.len() as u64)));
    let mut service = around(&layer.plain());
    assert!(passes(&mut service, get(Some("one"))).await);
    assert!(!passes(&mut service, get(Some("two"))).await);
    assert!(passes(&mut service, get(Some("three"))).await);
}

#[tokio::test]
async fn a_tuple_is_one_key_of_all_its_parts() {
    let mut service = around(&limit(1).by((Method, Header("x-api-key"))).plain());
    let post = |key| {
        let mut request = get(Some(key));
        *request.method_mut() = http::Method::POST;
        request
    };
    assert!(passes(&mut service, get(Some("a"))).await);
    assert!(passes(&mut service, post("a")).await);
    assert!(passes(&mut service, post("b")).await);
    assert!(!passes(&mut service, post("b")).await);
    let why = call(&mut service, get(Some("a"))).await.unwrap_err();
    assert!(why.rejection().unwrap().to_string().contains("(by combined key)"));
}

#[tokio::test]
async fn requests_that_are_not_http_have_keys_too() {
    struct Job {
        tenant: &'static str,
    }
    let by = key::request(|job: &Job| Some(Key::from(job.tenant)));
    let mut service = around(&limit(1).by(by).plain());
    assert!(call(&mut service, Job { tenant: "acme" }).await.is_ok());
    assert!(call(&mut service, Job { tenant: "acme" }).await.is_err());
    assert!(call(&mut service, Job { tenant: "emca" }).await.is_ok());
}

#[tokio::test]
async fn requests_without_a_key_share_a_bucket_unless_told_otherwise() {
    let mut service = around(&limit(1).by(Header("x-api-key")).plain());
    assert!(passes(&mut service, get(None)).await);
    assert!(!passes(&mut service, get(None)).await);
    assert!(passes(&mut service, get(Some("a"))).await);
}

#[tokio::test]
async fn requests_without_a_key_pass_if_told_to() {
    let layer = limit(1).by(Header("x-api-key")).on_missing(Missing::Pass).plain();
    let (mut service, handle) = (around(&layer), layer.handle());
    for _ in 0..3 {
        assert!(passes(&mut service, get(None)).await);
    }
    assert_eq!((handle.snapshot().passed, handle.snapshot().keys), (3, 0));
}

#[tokio::test]
async fn requests_without_a_key_are_refused_if_told_to() {
    let layer = limit(1).by(Header("x-api-key")).on_missing(Missing::Reject).name("api").plain();
    let (mut service, handle) = (around(&layer), layer.handle());
    let error = call(&mut service, get(None)).await.unwrap_err();
    let why = error.rejection().unwrap();
    assert_eq!(why.to_string(), r#"no key: "api" needs one (x-api-key)"#);
    assert_eq!((why.retry_after(), why.status().as_u16()), (None, 429));
    assert_eq!(handle.snapshot().rejected, 1);

    // A dry run, and a limit that is switched off, refuse nobody.
    handle.set_enforce(Ratio::ZERO);
    assert!(passes(&mut service, get(None)).await);
    assert_eq!(handle.snapshot().shadowed, 1);
    handle.set_enabled(false);
    assert!(passes(&mut service, get(None)).await);
    assert_eq!((handle.snapshot().shadowed, handle.snapshot().passed), (1, 0));
}

#[tokio::test]
async fn switched_off_it_limits_and_counts_nothing() {
    let layer = limit(1).enabled(false).plain();
    let (mut service, handle) = (around(&layer), layer.handle());
    for _ in 0..3 {
        assert!(passes(&mut service, get(None)).await);
    }
    assert_eq!(handle.snapshot().passed, 0);

    handle.set_enabled(true);
    assert!(passes(&mut service, get(None)).await);
    assert!(!passes(&mut service, get(None)).await);
}

#[tokio::test]
async fn a_dry_run_counts_refusals_and_acts_on_none() {
    let layer = limit(1).enforce(Ratio::ZERO).plain();
    let (mut service, handle) = (around(&layer), layer.handle());
    for _ in 0..4 {
        assert!(passes(&mut service, get(None)).await);
    }
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.passed, snapshot.shadowed, snapshot.rejected), (1, 3, 0));
}

#[tokio::test]
async fn half_enforced_acts_on_every_second_refusal() {
    let layer = limit(1).enforce(Ratio::percent(50)).plain();
    let (mut service, handle) = (around(&layer), layer.handle());
    assert!(passes(&mut service, get(None)).await);
    let mut refused = Vec::new();
    for _ in 0..6 {
        refused.push(!passes(&mut service, get(None)).await);
    }
    assert_eq!(refused, [false, true, false, true, false, true]);
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.passed, snapshot.shadowed, snapshot.rejected), (1, 3, 3));
}

#[tokio::test]
async fn one_layer_is_one_limit_however_often_it_is_applied() {
    let layer = limit(2).plain();
    let (mut one, mut other) = (around(&layer), around(&layer.clone()));
    assert!(passes(&mut one, get(None)).await);
    assert!(passes(&mut other, get(None)).await);
    assert!(!passes(&mut one, get(None)).await);
    assert!(!passes(&mut other.clone(), get(None)).await);
}

#[tokio::test]
async fn a_setter_on_a_layer_in_use_starts_a_limit_of_its_own_and_a_mode_does_not() {
    let used = limit(1);
    let handle = used.handle();
    let (mut service, mut same) = (around(&used.clone().plain()), around(&used.clone().plain()));
    assert!(passes(&mut service, get(None)).await);
    assert!(!passes(&mut same, get(None)).await);
    assert_eq!(handle.snapshot().passed, 1);

    let detached = [
        used.clone().name("another"),
        used.clone().enabled(true),
        used.clone().enforce(Ratio::ONE),
        used.clone().clock(still()),
        used.clone().max_keys(5),
        used.clone().on_outage(Outage::Deny),
        used.clone().tier("premium", per_day(1)),
        used.clone().chargeable(true),
        used.clone().by(Global),
    ];
    for layer in detached {
        assert!(passes(&mut around(&layer.plain()), get(None)).await);
    }
    assert_eq!(handle.snapshot().passed, 1, "none of them is seen by the first one's handle");
}

#[tokio::test]
async fn what_responses_look_like_and_whom_it_concerns_is_each_layers_own() {
    let spent = limit(1);
    let handle = spent.handle();
    assert!(passes(&mut around(&spent.clone().plain()), get(None)).await);

    let same = || spent.clone();
    assert!(!passes(&mut around(&same().headers(Headers::Legacy).plain()), get(None)).await);
    assert!(
        !passes(&mut around(&same().headers_on(HeadersOn::OnlyDenied).plain()), get(None)).await
    );
    assert!(!passes(&mut around(&same().reset(Reset::Delta).plain()), get(None)).await);
    assert!(!passes(&mut around(&same().on_missing(Missing::Pass).plain()), get(None)).await);
    assert!(!passes(&mut around(&same().skip_preflights(false).plain()), get(None)).await);
    assert!(!passes(&mut around(&same().skip_paths(["/other"]).plain()), get(None)).await);
    assert!(!passes(&mut around(&same().cost_by(|_| 1).plain()), get(None)).await);
    assert!(!passes(&mut around(&same().quota_by(|_| Some("none")).plain()), get(None)).await);
    assert!(!passes(&mut around(&same().class_by(|_| 1).plain()), get(None)).await);
    assert_eq!((handle.snapshot().passed, handle.snapshot().rejected), (1, 9));
}

#[tokio::test]
async fn every_mode_answers_in_its_way() {
    let refuse = |_: Rejection| Ok::<_, Infallible>("instead");
    let mut with = around(&limit(0).reject_with(refuse));
    assert_eq!(call(&mut with, "hello").await, Ok("instead"));

    let mut plain = around(&limit(0).plain());
    let answer: Answer<&str> = call(&mut plain, "hello").await;
    assert!(matches!(answer, Err(LayerError::Rejected(_))));

    let mut boxed = around(&limit(0).plain_boxed());
    let error = call(&mut boxed, "hello").await.unwrap_err();
    assert!(error.is::<Rejection>());
}

#[test]
fn readiness_is_the_inner_services_and_is_not_a_place_to_refuse() {
    let (service, gate) = inner::<&str, &str, &str>();
    let layer = limit(0).plain();
    let mut service = layer.layer(Probe::new(service));
    let mut cx = Context::from_waker(Waker::noop());

    gate.hold();
    assert!(service.poll_ready(&mut cx).is_pending());
    gate.open();
    assert_eq!(service.poll_ready(&mut cx), Poll::Ready(Ok(())));
    gate.fail_readiness("broken");
    let mut service = service.clone();
    assert_eq!(service.poll_ready(&mut cx), Poll::Ready(Err(LayerError::Inner("broken"))));
    assert_eq!(layer.handle().snapshot().rejected, 0);
}

#[tokio::test]
async fn the_readied_instance_is_the_one_that_is_called_and_a_refusal_calls_none() {
    let probe = Probe::new(echo());
    let counts = probe.handle();
    let mut service = limit(2).plain().layer(probe);
    for expected in [true, true, false] {
        assert_eq!(call(&mut service, "hello").await.is_ok(), expected);
    }
    let counts = counts.counts();
    assert_eq!((counts.calls, counts.violations, counts.clones), (2, 0, 0));
}

#[tokio::test]
async fn the_inner_services_error_is_handed_on() {
    let failing = tower::service_fn(|_: ()| async { Err::<(), _>("broken") });
    let mut service = limit(1).plain().layer(failing);
    assert_eq!(call(&mut service, ()).await, Err(LayerError::Inner("broken")));
}

#[test]
fn it_prints_as_a_sentence() {
    let layer = RateLimitLayer::new(per_minute(100).burst(20)).name("api").by(Header("x-api-key"));
    assert_eq!(format!("{layer:?}"), r#"RateLimitLayer("api": 100 per minute, burst 20)"#);
    assert!(format!("{:?}", around::<_, ()>(&layer)).starts_with("RateLimit { inner: Canned"));
}

#[test]
fn hosts_can_clone_share_and_spawn_it() {
    type Http = Canned<Request<()>, http::Response<String>>;
    let layer = limit(1).by((Method, Header("x-api-key")));
    assert_layer::<_, Http>(&layer);
    assert_service::<_, Request<()>>(
        &layer.layer(palisade_core::test::ready(http::Response::new(String::new()))),
    );
}

#[tokio::test]
async fn a_limit_that_is_switched_off_does_not_even_ask_for_the_key() {
    let layer = limit(1).enabled(false).by(key::request(|_: &Request<()>| -> Option<Key<'_>> {
        panic!("asked");
    }));
    let mut service = around(&layer.plain());
    for _ in 0..3 {
        call(&mut service, get(None)).await.unwrap();
    }
}
