//! The styles of headers through the layer: on passes and refusals, of one limit, several, and layers
//! around each other.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use http::Response;
use palisade_core::ManualClock;
use palisade_ratelimit::{
    Headers, HeadersOn, IntoLimits, Limit, Limits, RATE_LIMIT_HEADERS, RateLimitLayer, Reset,
    per_day, per_hour, per_minute, per_second,
};
use tower::{Layer, ServiceBuilder};

use self::support::calls::{get, ok, send};

/// A layer on a clock that stands still at 1 767 225 600 seconds since the epoch.
fn layer<L: IntoLimits>(limits: L) -> RateLimitLayer<L::Keys, palisade_core::Http, L::Asks> {
    RateLimitLayer::with(limits).name("api").clock(ManualClock::new().clock())
}

/// All headers of a quota, as `name: value`, in the order of their names.
fn told<B>(response: &Response<B>) -> Vec<String> {
    let ours = |name: &str| name.contains("ratelimit") || name == "retry-after";
    let headers = response.headers().iter().filter(|(name, _)| ours(name.as_str()));
    let mut lines: Vec<_> =
        headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort_unstable();
    lines
}

/// What a pass and a refusal after it tell, of two a minute.
async fn of_one(headers: Headers, reset: Reset) -> [Vec<String>; 2] {
    let layer = layer(per_minute(1)).headers(headers).reset(reset);
    let mut service = layer.layer(ok());
    [told(&send(&mut service, get([])).await), told(&send(&mut service, get([])).await)]
}

#[tokio::test]
async fn the_draft_is_the_default() {
    let [pass, refusal] = of_one(Headers::default(), Reset::Epoch).await;
    let both = [r#"ratelimit-policy: "api";q=1;w=60"#, r#"ratelimit: "api";r=0;t=60"#];
    assert_eq!(pass, both);
    assert_eq!(refusal, [both[0], both[1], "retry-after: 60"]);
}

#[tokio::test]
async fn legacy_headers_are_three_lines() {
    let lines = |reset| {
        ["x-ratelimit-limit: 1", "x-ratelimit-remaining: 0"]
            .map(str::to_owned)
            .into_iter()
            .chain([format!("x-ratelimit-reset: {reset}")])
    };
    for (reset, number) in [(Reset::Epoch, 1_767_225_660), (Reset::Delta, 60)] {
        let [pass, refusal] = of_one(Headers::Legacy, reset).await;
        assert!(pass.iter().cloned().eq(lines(number)), "{pass:?}");
        let retry = ["retry-after: 60".to_owned()];
        assert!(refusal.iter().cloned().eq(retry.into_iter().chain(lines(number))), "{refusal:?}");
    }
}

#[tokio::test]
async fn both_styles_are_both() {
    let [pass, refusal] = of_one(Headers::Both, Reset::Delta).await;
    assert_eq!((pass.len(), refusal.len()), (5, 6));
    for line in [r#"ratelimit: "api";r=0;t=60"#, "x-ratelimit-remaining: 0"] {
        assert!(pass.contains(&line.to_owned()) && refusal.contains(&line.to_owned()));
    }
}

#[tokio::test]
async fn headers_per_window_tell_each_limit() {
    let limits = Limits::all([per_minute(2), per_hour(9)]);
    let layer = layer(limits).headers(Headers::PerWindow);
    let response = send(&mut layer.layer(ok()), get([])).await;
    let expected = [
        "ratelimit-limit: 2",
        "ratelimit-remaining: 1",
        "ratelimit-reset: 30",
        "x-ratelimit-limit-hour: 9",
        "x-ratelimit-limit-minute: 2",
        "x-ratelimit-remaining-hour: 8",
        "x-ratelimit-remaining-minute: 1",
        "x-ratelimit-reset: 1767225630",
    ];
    assert_eq!(told(&response), expected);
}

#[tokio::test]
async fn of_several_limits_the_legacy_lines_tell_the_one_that_refuses() {
    let limits = Limits::all((per_minute(5), Limit::new(per_hour(1)).name("hourly")));
    let layer = layer(limits).headers(Headers::Both).reset(Reset::Delta);
    let mut service = layer.layer(ok());
    send(&mut service, get([])).await;
    let expected = [
        r#"ratelimit-policy: "api-minute";q=5;w=60, "hourly";q=1;w=3600"#,
        r#"ratelimit: "api-minute";r=4;t=12, "hourly";r=0;t=3600"#,
        "retry-after: 3600",
        "x-ratelimit-limit: 1",
        "x-ratelimit-remaining: 0",
        "x-ratelimit-reset: 3600",
    ];
    assert_eq!(told(&send(&mut service, get([])).await), expected);
}

#[tokio::test]
async fn none_leaves_a_refusal_its_retry_after() {
    let [pass, refusal] = of_one(Headers::None, Reset::Epoch).await;
    assert_eq!((pass, refusal), (vec![], vec!["retry-after: 60".to_owned()]));
}

#[tokio::test]
async fn only_refusals_are_told_if_told_so() {
    for headers in [Headers::Ietf, Headers::Legacy, Headers::PerWindow, Headers::Both] {
        let limit = || layer(per_minute(1)).headers(headers);
        let (mut some, mut all) =
            (limit().headers_on(HeadersOn::OnlyDenied).layer(ok()), limit().layer(ok()));
        assert!(told(&send(&mut some, get([])).await).is_empty(), "{headers:?}");
        assert!(!told(&send(&mut all, get([])).await).is_empty());
        let (some, all) = (send(&mut some, get([])).await, send(&mut all, get([])).await);
        assert_eq!((some.status().as_u16(), told(&some)), (429, told(&all)));
    }
}

#[tokio::test]
async fn the_lists_of_two_layers_are_merged_and_of_other_lines_the_tighter_stay() {
    for (outside, inside) in [(per_minute(5), per_minute(3)), (per_minute(3), per_minute(5))] {
        let limit = |quota, name| layer(quota).name(name).headers(Headers::Both);
        let mut service = ServiceBuilder::new()
            .layer(limit(outside, "outside").reset(Reset::Delta))
            .layer(limit(inside, "inside").reset(Reset::Delta))
            .service(ok());
        let response = send(&mut service, get([])).await;
        let item = |name| response.headers().get_all(name).iter().count();
        assert_eq!((item("ratelimit"), item("ratelimit-policy")), (2, 2));
        let lines = told(&response);
        for line in ["x-ratelimit-limit: 3", "x-ratelimit-remaining: 2", "x-ratelimit-reset: 20"] {
            assert!(lines.contains(&line.to_owned()), "{lines:?}");
        }
        assert_eq!(lines.len(), 7, "{lines:?}");
    }
}

#[tokio::test]
async fn every_header_of_every_style_is_among_those_to_expose() {
    let all = [Headers::Ietf, Headers::Legacy, Headers::PerWindow, Headers::Both];
    for headers in all {
        let limits = Limits::all([per_second(0), per_minute(1), per_hour(1), per_day(1)]);
        let response = send(&mut layer(limits).headers(headers).layer(ok()), get([])).await;
        for line in told(&response) {
            let name = line.split(':').next().unwrap();
            assert!(RATE_LIMIT_HEADERS.iter().any(|exposed| exposed == name), "{name}");
        }
    }
}
