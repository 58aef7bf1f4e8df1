//! Retries and hedges as data.

mod support;

use std::time::Duration;

use http::Request;
use palisade_core::text::Problem;
use palisade_retry::config::{BudgetConfig, Course, HedgeConfig, RetryConfig, Tokens};
use palisade_retry::{Backoff, Factor, HedgeLayer, Jitter, Ratio, RetryLayer};
use support::upstream::{Fault, Req, Res, Upstream, status, with};
use tower::{Layer, ServiceExt};

const SECOND: Duration = Duration::from_secs(1);

fn answering(code: u16) -> Upstream<Req, Res, Fault> {
    Upstream::new([Ok(status(code))])
}

#[test]
fn nothing_said_is_the_layer_as_it_is_by_default() {
    let layer = RetryConfig::default().layer().unwrap();
    // The cap is said, and else is what an exponential backoff has.
    let default = RetryLayer::standard().backoff(Backoff::default().max(SECOND * 5));
    assert_eq!(layer.handle().snapshot(), default.handle().snapshot());
    assert_eq!(format!("{layer:?}"), format!("{default:?}"), "the waits");

    let config = HedgeConfig { after: Some(SECOND), ..HedgeConfig::default() };
    let (layer, default) = (config.layer().unwrap(), HedgeLayer::after(SECOND));
    assert_eq!(layer.handle().snapshot(), default.handle().snapshot());
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_what_its_configuration_says() {
    let config = RetryConfig {
        name: "search".to_owned(),
        max_attempts: 4,
        initial_backoff: SECOND,
        max_backoff: SECOND * 8,
        backoff_multiplier: Factor::times(3),
        jitter: Some(Jitter::None),
        statuses: vec![418],
        attempt_header: Some("x-attempt".to_owned()),
        max_replay: 3,
        ..RetryConfig::default()
    };
    let layer = config.layer().unwrap();
    let upstream = answering(418);
    let service = layer.layer(upstream.clone());
    service.oneshot(Request::new("abc".to_owned())).await.unwrap();
    assert_eq!(upstream.times(), [0, 1, 4, 12].map(|at| SECOND * at), "1 s, 3 s, and no 9 s");
    let last = &upstream.seen()[3].request;
    assert_eq!((&last.headers()["x-attempt"], last.body().as_str()), (&4.into(), "abc"));
    let now = layer.handle().snapshot();
    assert_eq!((now.name, now.max_attempts, now.exhausted), ("search", 4, 1));

    let service = layer.layer(upstream.clone());
    service.oneshot(Request::new("abcd".to_owned())).await.unwrap();
    assert_eq!(layer.handle().snapshot().not_replayable, 1, "more than 3 bytes");
    let service = layer.layer(answering(503));
    service.oneshot(Request::new(String::new())).await.unwrap();
    assert_eq!(layer.handle().snapshot().attempts, 3, "503 is not among the statuses");
}

#[tokio::test(start_paused = true)]
async fn each_course_has_waits_of_its_own() {
    for (backoff, times) in [
        (Course::None, [0, 0, 0, 0]),
        (Course::Fixed, [0, 1, 2, 3]),
        (Course::Linear, [0, 1, 3, 6]),
        (Course::Exponential, [0, 1, 3, 7]),
    ] {
        let config = RetryConfig {
            max_attempts: 4,
            backoff,
            initial_backoff: SECOND,
            use_jitter: Some(false),
            ..RetryConfig::default()
        };
        let upstream = answering(503);
        let service = config.layer().unwrap().layer(upstream.clone());
        service.oneshot(Request::new(String::new())).await.unwrap();
        assert_eq!(upstream.times(), times.map(|at| SECOND * at), "{backoff:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_or_is_asked_for_too_late_is_not_tried_again() {
    for (max_elapsed, max_retry_after, calls) in
        [(None, 5, 3), (Some(SECOND * 11), 5, 3), (Some(SECOND * 6), 5, 2), (None, 4, 1)]
    {
        let config = RetryConfig {
            max_elapsed,
            max_retry_after: SECOND * max_retry_after,
            ..RetryConfig::default()
        };
        let answer = with(503, &[("retry-after", "5")]);
        let upstream: Upstream<Req, Res, Fault> = Upstream::new([Ok(answer)]);
        let service = config.layer().unwrap().layer(upstream.clone());
        service.oneshot(Request::new(String::new())).await.unwrap();
        assert_eq!(upstream.calls(), calls, "{max_elapsed:?}, {max_retry_after} s");
    }
}

#[test]
fn of_a_budget_what_is_left_out_is_the_layers_own() {
    let tokens = |share: Option<u32>, per_second, window| {
        let share = share.map(Ratio::percent);
        BudgetConfig::Limited(Tokens { share, per_second, window })
    };
    for (budget, of_retry, of_hedge) in [
        (BudgetConfig::default(), 100, 10),
        (BudgetConfig::Unlimited, u64::MAX, u64::MAX),
        (tokens(Some(50), None, None), 100, 10),
        (tokens(None, Some(3), None), 30, 30),
        (tokens(None, None, Some(SECOND)), 10, 1),
    ] {
        let retry = RetryConfig { budget, ..RetryConfig::default() };
        assert_eq!(retry.layer().unwrap().handle().snapshot().budget, of_retry, "{budget:?}");
        let after = Some(SECOND);
        let hedge = HedgeConfig { budget, after, ..HedgeConfig::default() };
        assert_eq!(hedge.layer().unwrap().handle().snapshot().budget, of_hedge, "{budget:?}");
    }
}

#[test]
fn a_hedge_is_what_its_configuration_says() {
    let config = HedgeConfig {
        name: "search".to_owned(),
        enabled: false,
        after: Some(SECOND),
        ..HedgeConfig::default()
    };
    let now = config.layer().unwrap().handle().snapshot();
    assert_eq!((now.name, now.enabled, now.delay), ("search", false, Some(SECOND)));
    let percentile = Some(Ratio::percent(90));
    let layer = HedgeConfig { after: None, percentile, ..config }.layer().unwrap();
    assert!(format!("{layer:?}").contains("90%"), "{layer:?}");
}

#[test]
fn every_problem_of_a_retry_is_told_with_its_place() {
    let config = RetryConfig {
        name: String::new(),
        max_attempts: 0,
        initial_backoff: Duration::ZERO,
        max_elapsed: Some(Duration::ZERO),
        statuses: vec![399, 400, 599, 600],
        attempt_header: Some("x attempt".to_owned()),
        budget: BudgetConfig::Limited(Tokens {
            window: Some(Duration::from_micros(9)),
            ..Tokens::default()
        }),
        ..RetryConfig::default()
    };
    let problems = config.validate().unwrap_err();
    let expected = [
        r#"name: "" of 0 bytes, must be 1 to 128 bytes"#,
        "max_attempts: 0, must be 1 to 1073741823",
        "initial_backoff: 0s, must be more than nothing, unless backoff is none",
        "max_elapsed: 0s, must be more than nothing",
        "statuses[0]: 399, must be 400 to 599",
        "statuses[3]: 600, must be 400 to 599",
        r#"attempt_header: "x attempt", must be the name of a header"#,
        "budget.window: 9us, must be 10us or more",
    ];
    assert_eq!(problems.to_string(), expected.join("\n"));
    assert_eq!(config.layer().unwrap_err(), problems);
}

#[test]
fn waits_that_are_not_made_have_no_bounds() {
    let config = RetryConfig {
        initial_backoff: Duration::ZERO,
        max_backoff: Duration::ZERO,
        backoff: Course::None,
        ..RetryConfig::default()
    };
    assert!(config.validate().is_ok());
    let config = RetryConfig { initial_backoff: SECOND * 6, ..RetryConfig::default() };
    let problem = "max_backoff: 5s, must be 6s or more, which is initial_backoff";
    assert_eq!(config.validate().unwrap_err().to_string(), problem);
}

#[test]
fn two_ways_to_say_a_jitter_must_say_the_same() {
    let both = |jitter, use_jitter| RetryConfig { jitter, use_jitter, ..RetryConfig::default() };
    for (jitter, use_jitter) in [
        (Some(Jitter::None), Some(false)),
        (Some(Jitter::Equal), Some(true)),
        (Some(Jitter::None), None),
    ] {
        assert!(both(jitter, use_jitter).validate().is_ok(), "{jitter:?} {use_jitter:?}");
    }
    let problems = |jitter, use_jitter| both(jitter, use_jitter).layer().unwrap_err().to_string();
    assert_eq!(
        problems(Some(Jitter::None), Some(true)),
        "use_jitter: true, must be false or left out, since jitter is none"
    );
    assert_eq!(
        problems(Some(Jitter::Plus(Ratio::percent(10))), Some(false)),
        "use_jitter: false, must be true or left out, since jitter is plus 10%"
    );
}

#[test]
fn a_hedge_needs_one_time_and_no_more() {
    let hedge = |after, percentile| {
        let config = HedgeConfig { after, percentile, ..HedgeConfig::default() };
        config.layer().map(|_| ()).map_err(|problems| problems.to_string())
    };
    let told = |problem: &str| Err(problem.to_owned());
    let share = |percent| Some(Ratio::percent(percent));
    assert_eq!(hedge(Some(SECOND), None), Ok(()));
    assert_eq!(hedge(None, share(99)), Ok(()));
    let expected = "after: left out, must be a time, unless there is a percentile";
    assert_eq!(hedge(None, None), told(expected));
    let expected = "percentile: 95%, must be left out, since after says when";
    assert_eq!(hedge(Some(SECOND), share(95)), told(expected));
    for percent in [0, 100] {
        let expected = format!("percentile: {percent}%, must be more than 0% and less than 100%");
        assert_eq!(hedge(None, share(percent)), told(&expected));
    }
    let (name, statuses) = (String::new(), vec![200]);
    let after = Some(SECOND);
    let wrong = HedgeConfig { name, statuses, after, ..HedgeConfig::default() };
    let problems = wrong.validate().unwrap_err();
    let paths: Vec<_> = problems.iter().map(Problem::path).collect();
    assert_eq!(paths, ["name", "statuses[0]"]);
}
