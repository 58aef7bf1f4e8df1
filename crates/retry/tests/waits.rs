//! When further attempts are made.

mod support;

use std::time::Duration;

use palisade_core::{CallContext, Clock, Micros};
use palisade_retry::{Backoff, Budget, Jitter, Ratio, RetryLayer};
use support::upstream::{
    Fault, Req, Res, Upstream, eager, get, grpc, ms, send, status, steady, with,
};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

/// A call that has so much time, and how long it took.
async fn within<S>(time: Duration, service: S) -> (Result<S::Response, S::Error>, Duration)
where
    S: Service<Req>,
{
    let start = Instant::now();
    let deadline = Clock::default().now() + Micros::from(time);
    let call = CallContext::current().with_deadline(deadline).scope(service.oneshot(get()));
    (call.await, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn attempts_are_made_when_the_backoff_says() {
    let layer = steady().max_attempts(4);
    let (_, upstream) = send(&layer, get(), [Ok(status(503))]).await;
    assert_eq!(upstream.times(), [0, 100, 300, 700].map(ms));
}

#[tokio::test(start_paused = true)]
async fn the_standard_ones_are_within_100_and_300_ms_at_random() {
    let mut instants = Vec::new();
    for seed in 0..50 {
        let layer = RetryLayer::standard().seed(seed);
        let (_, upstream) = send(&layer, get(), [Ok(status(503))]).await;
        let times = upstream.times();
        assert!(times[1] <= ms(101) && times[2] <= times[1] + ms(201), "{seed}: {times:?}");
        instants.push(times);

        let again = RetryLayer::standard().seed(seed);
        let (_, upstream) = send(&again, get(), [Ok(status(503))]).await;
        assert_eq!(upstream.times(), instants[seed as usize], "the same seed, the same waits");
    }
    instants.sort();
    instants.dedup();
    assert!(instants.len() > 45, "other seeds, other waits: {}", instants.len());
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_comes_before_the_backoff() {
    for (headers, asked) in [
        ([("content-type", "text/plain"), ("retry-after", "2")], 2_000),
        ([("content-type", "text/plain"), ("retry-after", "0")], 0),
        ([("content-type", "text/plain"), ("retry-after", "soon")], 0),
        ([("content-type", "text/plain"), ("grpc-retry-pushback-ms", "50")], 0),
    ] {
        let (_, upstream) = send(&steady(), get(), [Ok(with(503, &headers))]).await;
        let times = [0, asked + 100, 2 * asked + 300].map(ms);
        assert_eq!(upstream.times(), times, "{headers:?}");
    }
    let headers = [
        ("content-type", "application/grpc"),
        ("grpc-status", "14"),
        ("grpc-retry-pushback-ms", "50"),
    ];
    let (_, upstream) = send(&steady(), grpc(), [Ok(with(200, &headers))]).await;
    assert_eq!(upstream.times(), [0, 150, 400].map(ms));
}

#[tokio::test(start_paused = true)]
async fn nobody_comes_before_a_date() {
    // Since 1970; the clock stands somewhere within a second.
    let now = Clock::default().now().to_duration();
    for seconds in [0, 1, 2, 30] {
        let date = Duration::from_secs(now.as_secs() + seconds);
        let text = httpdate::fmt_http_date(std::time::UNIX_EPOCH + date);
        let begun = Clock::default().now().to_duration();
        let (_, upstream) =
            send(&eager(2), get(), [Ok(with(503, &[("retry-after", &text)]))]).await;
        let came = begun + upstream.times()[1];
        assert_eq!(upstream.calls(), 2, "{text}");
        assert!(came >= date, "{text}: {:?} early", date - came);
        let due = date.max(begun);
        assert!(came - due <= ms(2), "{text}: {:?} late", came - due);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_for_too_long_is_not_asked_again() {
    let layer = eager(2).max_retry_after(ms(3_000));
    for (seconds, calls) in [("3", 2), ("4", 1), ("18446744073709551615", 1)] {
        let start = Instant::now();
        let answer = with(503, &[("retry-after", seconds)]);
        let (outcome, upstream) = send(&layer, get(), [Ok(answer)]).await;
        assert_eq!(upstream.calls(), calls, "{seconds} s");
        assert_eq!(outcome.unwrap().headers()["retry-after"], seconds, "untouched");
        assert_eq!(start.elapsed().is_zero(), calls == 1, "gives up at once");
    }
    assert_eq!(layer.handle().snapshot().stopped, 2);
    // Unless set, a minute.
    for (seconds, calls) in [("60", 2), ("61", 1)] {
        let answer = with(503, &[("retry-after", seconds)]);
        assert_eq!(send(&eager(2), get(), [Ok(answer)]).await.1.calls(), calls, "{seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_would_be_over_does_not_wait() {
    for (time, attempts, took) in [(100, 1, 0), (101, 2, 100), (300, 2, 100), (301, 3, 300)] {
        let layer = steady();
        let upstream = Upstream::new([Ok::<_, Fault>(status(503))]);
        let (outcome, elapsed) = within(ms(time), layer.layer(upstream.clone())).await;
        assert_eq!(outcome.unwrap().body(), "status 503", "the last response");
        assert_eq!((upstream.calls(), elapsed), (attempts, ms(took)), "{time} ms");
        let seen = layer.handle().snapshot();
        assert_eq!(seen.deadline, u64::from(attempts < 3), "{time} ms");
        assert_eq!(seen.attempts, attempts as u64 - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_asked_for_counts_against_the_deadline() {
    let layer = eager(2);
    let upstream = Upstream::new([Ok::<Res, Fault>(with(503, &[("retry-after", "2")]))]);
    let (outcome, elapsed) = within(ms(2_000), layer.layer(upstream.clone())).await;
    assert_eq!((outcome.unwrap().status().as_u16(), elapsed), (503, ms(0)));
    let (_, elapsed) = within(ms(2_001), layer.layer(upstream.clone())).await;
    assert_eq!((elapsed, upstream.calls()), (ms(2_000), 1 + 2));
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_later_than_the_total_bound() {
    for (bound, attempts) in [(0, 1), (99, 1), (100, 2), (299, 2), (300, 3)] {
        let layer = steady().max_elapsed(ms(bound));
        let start = Instant::now();
        let (outcome, upstream) = send(&layer, get(), [Ok(status(503))]).await;
        assert_eq!(outcome.unwrap().status(), 503);
        assert_eq!(upstream.calls(), attempts, "{bound} ms");
        assert_eq!(start.elapsed(), upstream.times()[attempts - 1], "gives up before it waits");
        assert_eq!(layer.handle().snapshot().deadline, u64::from(attempts < 3));
    }
}

#[tokio::test(start_paused = true)]
async fn without_budget_the_last_response_is_there_at_once_and_nothing_is_waited_for() {
    let one = Budget::new(Ratio::ZERO).per_second(1).window(ms(1_000));
    let layer = steady().budget(one);
    let start = Instant::now();
    let answers = [Ok(status(502)), Ok(status(503)), Ok(status(504))];
    let (outcome, upstream) = send(&layer, get(), answers).await;
    assert_eq!((outcome.unwrap().status().as_u16(), upstream.calls()), (503, 2));
    assert_eq!(start.elapsed(), ms(100), "the second wait was not begun");
    let (outcome, _) = send(&layer, get(), [Err(Fault("reset"))]).await;
    assert_eq!(outcome.unwrap_err(), Fault("reset"));
    assert_eq!(layer.handle().snapshot().over_budget, 2);
}

#[tokio::test(start_paused = true)]
async fn what_has_no_time_takes_nothing_from_the_budget() {
    let layer = steady();
    let before = layer.handle().snapshot().budget;
    let upstream = Upstream::new([Ok::<Res, Fault>(status(503))]);
    let _ = within(ms(50), layer.layer(upstream)).await;
    let asked = with(503, &[("retry-after", "61")]);
    let _ = send(&layer, get(), [Ok(asked)]).await;
    let _ = send(&layer, support::upstream::post(), [Ok(status(503))]).await;
    assert_eq!(layer.handle().snapshot().budget, before);
}

#[tokio::test(start_paused = true)]
async fn changes_hold_for_calls_that_wait() {
    let layer = steady().max_attempts(9);
    let upstream = Upstream::new([Ok::<Res, Fault>(status(503))]);
    let mut call = tokio_test::task::spawn(layer.layer(upstream.clone()).oneshot(get()));
    assert!(call.poll().is_pending());
    layer.handle().set_max_attempts(2);
    assert_eq!(call.await.unwrap().status(), 503);
    assert_eq!(upstream.calls(), 2, "the one that was granted, and no other");

    layer.handle().set_max_attempts(9);
    let upstream = Upstream::new([Ok::<Res, Fault>(status(503))]);
    let mut call = tokio_test::task::spawn(layer.layer(upstream.clone()).oneshot(get()));
    assert!(call.poll().is_pending());
    layer.handle().set_enabled(false);
    assert_eq!(call.await.unwrap().status(), 503);
    assert_eq!(upstream.calls(), 2, "switched off");

    layer.handle().set_enabled(true);
    layer.handle().set_backoff(Backoff::fixed(ms(7)).jitter(Jitter::None));
    layer.handle().set_max_retry_after(ms(999));
    let answers = [Ok(status(503)), Ok(with(503, &[("retry-after", "1")]))];
    let (_, upstream) = send(&layer, get(), answers).await;
    assert_eq!(upstream.times(), [0, 7].map(ms));
}
