//! Requests that pass without a look at the limit: preflights, and paths that are told.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use http::{Method, Request};
use palisade_core::test::echo;
use palisade_core::{ManualClock, key};
use palisade_ratelimit::{Key, Limits, RateLimitLayer, Ratio, per_day, per_hour, per_second};
use tower::{Layer, Service, ServiceExt};

use self::support::calls::{count, get, ok, passes, said, send};

fn limit() -> RateLimitLayer {
    RateLimitLayer::new(per_second(1)).clock(ManualClock::new().clock())
}

fn to(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

fn preflight() -> Request<()> {
    let request = Request::options("/").header("origin", "http://example.org");
    request.header("access-control-request-method", "PUT").body(()).unwrap()
}

#[tokio::test]
async fn a_path_is_skipped_as_a_whole_or_up_to_a_star() {
    let paths = ["/healthz", "/internal/*", "/v*", "*suffix", "/star/*/in/it"];
    let layer = limit().skip_paths(paths);
    let mut service = layer.layer(ok());
    assert!(passes(&mut service, to("/")).await);
    for path in [
        "/healthz",
        "/healthz?deep=1",
        "http://example.org/healthz",
        "/internal/",
        "/internal/a/b?c",
        "/v",
        "/v1/things",
        "/star/*/in/it",
    ] {
        assert!(passes(&mut service, to(path)).await, "{path}");
    }
    for path in [
        "/",
        "/healthz/",
        "/Healthz",
        "/health",
        "/a/healthz",
        "/internal",
        "/internals",
        "/%68ealthz",
        "//healthz",
        "/?/healthz",
        "/a/suffix",
        "/star/x/in/it",
    ] {
        assert!(!passes(&mut service, to(path)).await, "{path}");
    }
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.rejected), (9, 12));
}

#[tokio::test]
async fn what_is_skipped_takes_nothing_and_is_told_nothing() {
    let layer = limit().skip_paths(["/healthz"]);
    let mut service = layer.layer(ok());
    assert_eq!(count(&mut service, || to("/healthz")).await, 1_000);
    let response = send(&mut service, to("/healthz")).await;
    assert_eq!(response.headers().len(), 0, "{response:?}");
    assert_eq!(said(&send(&mut service, to("/")).await, "ratelimit"), r#""default";r=0;t=1"#);
}

#[tokio::test]
async fn what_is_skipped_is_not_even_asked_for_its_key() {
    let by = key::request(|_: &Request<()>| -> Option<Key<'_>> { panic!("asked") });
    let mut service = limit().by(by).cost_by(|_| panic!("asked")).skip_paths(["/*"]).layer(ok());
    assert!(passes(&mut service, to("/healthz")).await);
    assert!(passes(&mut service, preflight()).await);
}

#[tokio::test]
async fn several_limits_are_skipped_as_one_is() {
    let limits = Limits::all([per_hour(1), per_day(1)]);
    let layer = RateLimitLayer::with(limits).skip_paths([String::from("/healthz")]);
    let mut service = layer.layer(ok());
    assert_eq!(count(&mut service, || to("/healthz")).await, 1_000);
    assert_eq!(count(&mut service, preflight).await, 1_000);
    assert_eq!(count(&mut service, || to("/")).await, 1);
}

#[tokio::test]
async fn the_paths_that_are_told_last_are_those_that_are_skipped() {
    let layer = limit().skip_paths(["/a"]).skip_paths(["/b"]);
    let mut service = layer.layer(ok());
    assert!(passes(&mut service, to("/a")).await);
    assert!(!passes(&mut service, to("/a")).await);
    assert!(passes(&mut service, to("/b")).await);
}

#[tokio::test]
async fn a_preflight_passes_and_what_only_looks_like_one_does_not() {
    let layer = limit();
    let mut service = layer.layer(ok());
    assert_eq!(count(&mut service, preflight).await, 1_000);
    assert!(passes(&mut service, to("/")).await, "they took nothing");
    let options = || Request::options("/").body(()).unwrap();
    assert!(!passes(&mut service, options()).await, "asks for no method");
    let mut get = preflight();
    *get.method_mut() = Method::GET;
    assert!(!passes(&mut service, get).await);
}

#[tokio::test]
async fn a_preflight_is_counted_if_told_to() {
    let mut service = limit().skip_preflights(false).layer(ok());
    assert!(passes(&mut service, preflight()).await);
    assert!(!passes(&mut service, preflight()).await);
}

#[tokio::test]
async fn every_mode_for_http_skips_and_those_for_any_service_do_not() {
    let layer = || limit().skip_paths(["/healthz"]);
    macro_rules! passed {
        ($layer:expr, $request:expr) => {{
            let mut service = $layer.layer(ok());
            let mut passed = 0;
            for _ in 0..3 {
                passed += usize::from(service.ready().await.unwrap().call($request).await.is_ok());
            }
            passed
        }};
    }
    for request in [|| to("/healthz"), preflight] {
        assert_eq!(passed!(layer().typed(), request()), 3);
        assert_eq!(passed!(layer().boxed(), request()), 3);
        let instead = |_: &_, _: &_| http::Response::new(Default::default());
        assert_eq!(count(&mut layer().respond_with(instead).layer(ok()), request).await, 1_000);
        assert_eq!(count(&mut layer().layer(ok()), request).await, 1_000);
        assert_eq!(passed!(layer().plain(), request()), 1);
        assert_eq!(passed!(layer().plain_boxed(), request()), 1);
    }
    let mut echoing = layer().plain().layer(echo());
    assert_eq!(echoing.ready().await.unwrap().call("/healthz").await, Ok("/healthz"));
    assert!(echoing.ready().await.unwrap().call("/healthz").await.is_err());
}

#[tokio::test]
async fn a_limit_that_is_switched_off_or_on_a_dry_run_skips_alike() {
    let layer = limit().skip_paths(["/healthz"]).enforce(Ratio::ZERO);
    let (mut service, handle) = (layer.layer(ok()), layer.handle());
    assert_eq!(count(&mut service, || to("/healthz")).await, 1_000);
    assert_eq!((handle.snapshot().passed, handle.snapshot().shadowed), (1_000, 0));
    handle.set_enabled(false);
    assert!(passes(&mut service, get([])).await);
    assert_eq!(handle.snapshot().passed, 1_000);
}
