//! What a retry publishes.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use palisade_core::telemetry::publish;
use palisade_core::{CallContext, Clock, Micros};
use palisade_retry::{Budget, Ratio, RetryLayer};
use parking_lot::Mutex;
use support::upstream::{Fault, Res, Upstream, eager, get, ms, post, send, status, steady};
use tokio_test::task::spawn;
use tower::{Layer, ServiceExt};

/// A `publish` holds every layer for as long as it takes: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn recorded() -> Snapshotter {
    let _alone = ALONE.lock();
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, publish);
    recorder.snapshotter()
}

/// What a recorder that is installed now is given of the layer of this name, without labels that
/// are the same for all.
fn published(name: &str) -> BTreeMap<String, f64> {
    let mut series = BTreeMap::new();
    for (key, _, _, value) in recorded().snapshot().into_vec() {
        let key = key.key();
        if !key.labels().any(|label| label.key() == "name" && label.value() == name) {
            continue;
        }
        let own = key.labels().filter(|label| !matches!(label.key(), "name" | "layer"));
        let own: Vec<_> = own.map(|label| label.value().to_owned()).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => f64::NAN,
        };
        series.insert(format!("{} {}", key.name(), own.join(" ")).trim().to_owned(), value);
    }
    series
}

/// Those of the series that are not zero, but the budget.
fn raised(name: &str) -> Vec<(String, f64)> {
    let others = |key: &str| key != "palisade_retry_budget";
    published(name).into_iter().filter(|(key, value)| *value != 0.0 && others(key)).collect()
}

fn pairs<const N: usize>(pairs: [(&str, f64); N]) -> Vec<(String, f64)> {
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

#[tokio::test(start_paused = true)]
async fn every_series_is_there_from_the_start() {
    let _layer = RetryLayer::standard().name("fresh");
    let expected = [
        ("palisade_in_flight", 0.0),
        ("palisade_requests_total abandoned", 0.0),
        ("palisade_requests_total failed", 0.0),
        ("palisade_requests_total passed", 0.0),
        ("palisade_retries_total budget", 0.0),
        ("palisade_retries_total deadline", 0.0),
        ("palisade_retries_total exhausted", 0.0),
        ("palisade_retries_total not_idempotent", 0.0),
        ("palisade_retries_total not_replayable", 0.0),
        ("palisade_retries_total stopped", 0.0),
        ("palisade_retries_total success", 0.0),
        ("palisade_retry_attempts_total", 0.0),
        ("palisade_retry_budget", 100.0),
    ];
    assert_eq!(published("fresh").into_iter().collect::<Vec<_>>(), pairs(expected));
}

/// What is raised after one call of `layer`, besides the calls that failed.
async fn result(layer: RetryLayer, name: &'static str, answers: &[u16]) -> Vec<(String, f64)> {
    let layer = layer.name(name);
    let upstream = Upstream::new(answers.iter().map(|&code| Ok::<Res, Fault>(status(code))));
    let end = Clock::default().now() + Micros(250_000);
    let call =
        CallContext::current().with_deadline(end).scope(layer.layer(upstream).oneshot(get()));
    call.await.unwrap();
    raised(name)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_answered_at_once_is_no_retry() {
    let raised = result(eager(3), "at once", &[200]).await;
    assert_eq!(raised, pairs([("palisade_requests_total passed", 1.0)]));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_further_attempt_is_answered_is_a_success() {
    let expected = pairs([
        ("palisade_requests_total passed", 1.0),
        ("palisade_retries_total success", 1.0),
        ("palisade_retry_attempts_total", 2.0),
    ]);
    assert_eq!(result(eager(3), "success", &[503, 502, 200]).await, expected);
}

#[tokio::test(start_paused = true)]
async fn each_end_of_a_call_that_failed_has_its_series() {
    let none = || Budget::new(Ratio::ZERO).per_second(0);
    for (layer, name, code, attempts) in [
        (eager(3), "exhausted", 503, 2.0),
        (steady().budget(none()), "budget", 503, 0.0),
        (steady(), "deadline", 503, 1.0),
        (eager(3), "stopped", 500, 0.0),
    ] {
        let seen = result(layer, name, &[code]).await;
        let mut expected = pairs([("palisade_requests_total failed", 1.0)]);
        expected.push((format!("palisade_retries_total {name}"), 1.0));
        if attempts > 0.0 {
            expected.push(("palisade_retry_attempts_total".to_owned(), attempts));
        }
        assert_eq!(seen, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn so_have_the_requests_that_are_sent_once() {
    let layer = eager(3).name("once").max_replay(3);
    let _ = send(&layer, post(), [Ok(status(503))]).await;
    let mut marked = post();
    marked.headers_mut().insert("idempotency-key", "17".parse().unwrap());
    let _ = send(&layer, marked, [Ok(status(503))]).await;
    let expected = pairs([
        ("palisade_requests_total failed", 2.0),
        ("palisade_retries_total not_idempotent", 1.0),
        ("palisade_retries_total not_replayable", 1.0),
    ]);
    assert_eq!(raised("once"), expected);
}

#[tokio::test(start_paused = true)]
async fn calls_under_way_and_those_that_went_away_are_seen() {
    let layer = steady().name("under way");
    let upstream = Upstream::new([Ok::<Res, Fault>(status(503))]);
    let mut call = spawn(layer.layer(upstream).oneshot(get()));
    assert!(call.poll().is_pending());
    let expected = [("palisade_in_flight", 1.0), ("palisade_retry_attempts_total", 1.0)];
    assert_eq!(raised("under way"), pairs(expected));
    drop(call);
    let expected =
        [("palisade_requests_total abandoned", 1.0), ("palisade_retry_attempts_total", 1.0)];
    assert_eq!(raised("under way"), pairs(expected));
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_what_there_is_now() {
    let budget = Budget::new(Ratio::ZERO).per_second(2).window(ms(10_000));
    let layer = steady().name("budget now").budget(budget);
    let left = || published("budget now")["palisade_retry_budget"];
    assert_eq!(left(), 20.0);
    let _ = send(&layer, get(), [Ok(status(503))]).await;
    assert_eq!(left(), 18.0, "two attempts; 300 ms brought a part of one that has no room");
}

#[test]
fn what_it_publishes_is_described() {
    let _layer = RetryLayer::standard().name("described");
    for (key, _, text, _) in recorded().snapshot().into_vec() {
        let key = key.key();
        if key.labels().any(|label| label.value() == "described") {
            assert!(text.is_some(), "{}", key.name());
        }
    }
}
