//! What clients are told about their quota, byte by byte.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::convert::Infallible;
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use palisade_core::test::{Canned, ready};
use palisade_core::{ManualClock, Respond};
use palisade_ratelimit::{
    Global, Headers, Quota, RateLimit, RateLimitLayer, Ratio, per_day, per_hour, per_minute,
    per_second,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

type Inner = Canned<Request<()>, Response<String>>;

fn inner() -> Inner {
    let response = Response::builder().header("x-inner", "kept").body(String::from("hello"));
    ready(response.unwrap())
}

/// The limit, on a clock that stands still unless it is moved.
fn limit(quota: Quota) -> (RateLimitLayer, ManualClock) {
    let clock = ManualClock::new();
    (RateLimitLayer::new(quota).name("api").clock(clock.clock()), clock)
}

fn get() -> Request<()> {
    Request::new(())
}

async fn call<S, R, B>(service: &mut S, request: R) -> Response<B>
where
    S: Service<R, Response = Response<B>, Error = Infallible>,
{
    service.ready().await.unwrap().call(request).await.unwrap()
}

/// All values of a header, in order.
fn all<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

/// `RateLimit-Policy` and `RateLimit`.
fn said(headers: &HeaderMap) -> (String, String) {
    (all(headers, "ratelimit-policy").join(", "), all(headers, "ratelimit").join(", "))
}

fn says(policy: &str, state: &str) -> (String, String) {
    (policy.to_owned(), state.to_owned())
}

#[tokio::test]
async fn a_pass_tells_what_is_left_and_when_all_is_back() {
    let (layer, _) = limit(per_minute(5));
    let mut service = layer.layer(inner());
    let response = call(&mut service, get()).await;
    assert_eq!(said(response.headers()), says(r#""api";q=5;w=60"#, r#""api";r=4;t=12"#));
    let response = call(&mut service, get()).await;
    assert_eq!(said(response.headers()), says(r#""api";q=5;w=60"#, r#""api";r=3;t=24"#));
}

#[tokio::test]
async fn a_refusal_tells_when_there_is_more() {
    let (layer, clock) = limit(per_minute(5).burst(1));
    let mut service = layer.layer(inner());
    call(&mut service, get()).await;
    clock.advance(Duration::from_millis(1_500));

    let response = call(&mut service, get()).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(said(response.headers()), says(r#""api";q=5;w=60"#, r#""api";r=0;t=11"#));
    assert_eq!(all(response.headers(), "retry-after"), ["11"]);
    assert_eq!(all(response.headers(), "x-inner"), [""; 0]);
}

#[tokio::test]
async fn retry_after_is_at_least_a_second_and_no_earlier_than_t() {
    for quota in [per_second(1_000).burst(1), per_second(1), per_hour(7).burst(2), per_day(1)] {
        let (layer, clock) = limit(quota);
        let mut service = layer.layer(inner());
        for _ in 0..50 {
            clock.advance(Duration::from_micros(137));
            let response = call(&mut service, get()).await;
            if response.status() == StatusCode::OK {
                continue;
            }
            let retry: u64 = all(response.headers(), "retry-after")[0].parse().unwrap();
            let state = said(response.headers()).1;
            let until: u64 = state.rsplit_once("t=").unwrap().1.parse().unwrap();
            assert!(retry >= 1 && retry >= until, "{quota}: {retry} {until}");
        }
    }
}

#[tokio::test]
async fn where_waiting_is_in_vain_no_time_is_told() {
    let (layer, _) = limit(per_second(0));
    let response = call(&mut layer.layer(inner()), get()).await;
    assert_eq!(said(response.headers()), says(r#""api";q=0;w=1"#, r#""api";r=0"#));
    assert_eq!(all(response.headers(), "retry-after"), [""; 0]);
}

#[tokio::test]
async fn a_window_is_in_whole_seconds_or_is_not_told() {
    let quota = |limit, millis| Quota::new(limit, Duration::from_millis(millis));
    for (quota, policy) in [
        (per_second(10).burst(20), r#""api";q=10;w=1"#),
        (per_hour(1_000), r#""api";q=1000;w=3600"#),
        (per_day(1), r#""api";q=1;w=86400"#),
        // Below a second: what that makes in one.
        (quota(5, 100), r#""api";q=50;w=1"#),
        (quota(1, 300), r#""api";q=3;w=1"#),
        // A second and a half is neither.
        (quota(5, 1_500), r#""api";q=5"#),
        (quota(5, 90_000), r#""api";q=5;w=90"#),
        // A structured field has 15 digits.
        (Quota::new(u32::MAX, Duration::from_micros(1)), r#""api";q=999999999999999;w=1"#),
    ] {
        let response = call(&mut limit(quota).0.layer(inner()), get()).await;
        assert_eq!(said(response.headers()).0, policy, "{quota}");
    }
}

#[tokio::test]
async fn a_name_is_a_string_of_a_structured_field_whatever_it_is() {
    for (name, item) in [
        ("", r#""""#),
        (r#"the "best""#, r#""the \"best\"""#),
        (r"back\slash", r#""back\\slash""#),
        ("tab\tand\nline", r#""tab?and?line""#),
        ("über", r#""?ber""#),
    ] {
        let layer = limit(per_second(1)).0.name(name);
        let response = call(&mut layer.layer(inner()), get()).await;
        let expected = says(&format!("{item};q=1;w=1"), &format!("{item};r=0;t=1"));
        assert_eq!(said(response.headers()), expected, "{name}");
    }
}

#[tokio::test]
async fn two_limits_are_two_items_beside_the_inner_services_own_headers() {
    let (outer, _) = limit(per_minute(100));
    let (inner_limit, _) = limit(per_second(2));
    let mut service = ServiceBuilder::new()
        .layer(outer.name("outer"))
        .layer(inner_limit.name("inner"))
        .service(inner());
    for (left, t, status) in [(1, 1, 200), (0, 1, 200), (0, 1, 429)] {
        let response = call(&mut service, get()).await;
        assert_eq!(response.status(), status);
        let policies = all(response.headers(), "ratelimit-policy");
        assert_eq!(policies, [r#""inner";q=2;w=1"#, r#""outer";q=100;w=60"#]);
        let states = all(response.headers(), "ratelimit");
        assert_eq!(states[0], format!(r#""inner";r={left};t={t}"#));
        assert!(states[1].starts_with(r#""outer";r=9"#));
        assert_eq!(response.headers().contains_key("x-inner"), status == 200);
    }
}

#[tokio::test]
async fn switched_off_they_are_not_there_but_for_retry_after() {
    let (layer, _) = limit(per_second(1));
    let mut service = layer.headers(Headers::None).layer(inner());
    let passed = call(&mut service, get()).await;
    assert_eq!(said(passed.headers()), says("", ""));
    let refused = call(&mut service, get()).await;
    assert_eq!(said(refused.headers()), says("", ""));
    assert_eq!(all(refused.headers(), "retry-after"), ["1"]);
}

#[tokio::test]
async fn a_limit_that_is_switched_off_says_nothing() {
    let (layer, _) = limit(per_second(1));
    let response = call(&mut layer.enabled(false).layer(inner()), get()).await;
    assert_eq!(said(response.headers()), says("", ""));
}

#[tokio::test]
async fn a_refusal_that_is_not_enforced_passes_with_its_headers() {
    let (layer, _) = limit(per_second(1));
    let mut service = layer.enforce(Ratio::ZERO).layer(inner());
    call(&mut service, get()).await;
    let response = call(&mut service, get()).await;
    assert_eq!(
        (response.status(), all(response.headers(), "x-inner")),
        (StatusCode::OK, vec!["kept"])
    );
    assert_eq!(said(response.headers()).1, r#""api";r=0;t=1"#);
}

#[tokio::test]
async fn a_grpc_refusal_has_them_as_metadata() {
    let (layer, _) = limit(per_second(1));
    let mut service = layer.layer(inner());
    let grpc = || {
        let request =
            Request::post("/pkg.Greeter/Hello").header("content-type", "application/grpc");
        request.body(()).unwrap()
    };
    call(&mut service, grpc()).await;
    let response = call(&mut service, grpc()).await;
    let headers = response.headers();
    assert_eq!((response.status(), all(headers, "grpc-status")), (StatusCode::OK, vec!["8"]));
    assert_eq!(all(headers, "grpc-retry-pushback-ms"), ["1000"]);
    assert_eq!(said(headers), says(r#""api";q=1;w=1"#, r#""api";r=0;t=1"#));
}

/// Whether a pass, and a refusal if it is a response, have the headers.
async fn tells<R>(layer: RateLimitLayer<Global, R>) -> (bool, Option<bool>)
where
    R: Respond<Request<()>, Response<String>, Infallible>,
    R::Response: HasHeaders,
{
    let mut service: RateLimit<Inner, Global, R> = layer.layer(inner());
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = service.ready().await.ok().unwrap().call(get()).await.ok();
        answers.push(answer.map(|response| response.has_headers()));
    }
    (answers[0].unwrap(), answers[1])
}

trait HasHeaders {
    fn has_headers(&self) -> bool;
}

impl<B> HasHeaders for Response<B> {
    fn has_headers(&self) -> bool {
        self.headers().contains_key("ratelimit") && self.headers().contains_key("ratelimit-policy")
    }
}

#[tokio::test]
async fn the_modes_for_http_have_them_and_the_plain_ones_have_not() {
    let layer = || limit(per_second(1)).0;
    let respond = |_: &_, _: &_| Response::new(Default::default());
    assert_eq!(tells(layer()).await, (true, Some(true)));
    assert_eq!(tells(layer().typed()).await, (true, None));
    assert_eq!(tells(layer().boxed()).await, (true, None));
    assert_eq!(tells(layer().respond_with(respond)).await, (true, Some(true)));
    assert_eq!(tells(layer().plain()).await, (false, None));
    assert_eq!(tells(layer().plain_boxed()).await, (false, None));
    let instead = |_| Ok::<_, Infallible>(Response::new(String::new()));
    assert_eq!(tells(layer().reject_with(instead)).await, (false, Some(false)));
}
