//! A second request when the first one takes long.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use palisade_core::test::{
    Probe, assert_layer, assert_service, drop_at_every_await, inner, pending, ready,
};
use palisade_core::{CallContext, Clock, Micros};
use palisade_retry::hedge::HedgeLayer;
use palisade_retry::{Budget, Idempotent, Ratio, RetryLayer};
use support::upstream::{Fault, Req, Res, get, grpc, ms, post, status};
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

/// How long each request takes, and what comes of it.
type Script = &'static [(u64, Result<u16, &'static str>)];

/// Answers its requests as the script says, in the order in which they come.
fn scripted(
    script: Script,
) -> (
    impl Service<Req, Response = Res, Error = Fault, Future: Send> + Clone + Send + Sync + 'static,
    Arc<AtomicUsize>,
) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |_: Req| {
        let call = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            let (millis, outcome) = script[call.min(script.len() - 1)];
            sleep(ms(millis)).await;
            outcome.map(status).map_err(Fault)
        }
    });
    (service, calls)
}

fn hedge(millis: u64) -> HedgeLayer {
    HedgeLayer::after(ms(millis)).budget(Budget::unlimited())
}

/// What a call came to, after how long, and how many requests there were.
async fn send(
    layer: &HedgeLayer,
    request: Req,
    script: Script,
) -> (Result<u16, Fault>, u64, usize) {
    let (service, calls) = scripted(script);
    let start = Instant::now();
    let outcome = layer.layer(service).oneshot(request).await;
    let took = start.elapsed().as_millis() as u64;
    (outcome.map(|answer| answer.status().as_u16()), took, calls.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn a_quick_call_has_one_request() {
    let layer = hedge(50);
    assert_eq!(send(&layer, get(), &[(49, Ok(200))]).await, (Ok(200), 49, 1));
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.won, seen.lost), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_first_success_wins() {
    let layer = hedge(50);
    assert_eq!(send(&layer, get(), &[(900, Ok(200)), (20, Ok(201))]).await, (Ok(201), 70, 2));
    assert_eq!(send(&layer, get(), &[(90, Ok(200)), (500, Ok(201))]).await, (Ok(200), 90, 2));
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.won, seen.lost, seen.in_flight), (2, 1, 1, 0));
}

/// Of tower's `Hedge` the error at 30 ms is the answer.
#[tokio::test(start_paused = true)]
async fn an_early_error_does_not_beat_a_later_success() {
    let layer = hedge(10);
    let script: Script = &[(30, Err("reset")), (35, Ok(200))];
    assert_eq!(send(&layer, get(), script).await, (Ok(200), 45, 2));
    let script: Script = &[(30, Ok(503)), (35, Ok(200))];
    assert_eq!(send(&layer, get(), script).await, (Ok(200), 45, 2));
    let script: Script = &[(60, Ok(200)), (5, Err("reset"))];
    assert_eq!(send(&layer, get(), script).await, (Ok(200), 60, 2));
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.won, seen.second_failed), (3, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn if_both_fail_the_first_ones_outcome_is_the_callers() {
    let layer = hedge(10);
    let script: Script = &[(30, Err("first")), (35, Err("second"))];
    assert_eq!(send(&layer, get(), script).await, (Err(Fault("first")), 45, 2));
    let script: Script = &[(60, Err("first")), (5, Err("second"))];
    assert_eq!(send(&layer, get(), script).await, (Err(Fault("first")), 60, 2));
    let seen = layer.handle().snapshot();
    assert_eq!((seen.failed, seen.second_failed), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_before_it_is_slow_is_not_hedged() {
    let script: Script = &[(5, Err("reset"))];
    assert_eq!(send(&hedge(10), get(), script).await, (Err(Fault("reset")), 5, 1));
}

#[tokio::test(start_paused = true)]
async fn only_what_may_be_sent_twice_is() {
    let layer = hedge(10);
    let slow: Script = &[(30, Ok(200))];
    assert_eq!(send(&layer, post(), slow).await.2, 1);
    assert_eq!(send(&layer, grpc(), slow).await.2, 1);
    assert_eq!(layer.handle().snapshot().not_idempotent, 2);

    let mut marked = grpc();
    marked.extensions_mut().insert(Idempotent);
    assert_eq!(send(&layer, marked, slow).await.2, 2);
    let by_path = layer.idempotent_by(|head| head.path() == "/things");
    let (service, calls) = scripted(slow);
    by_path.layer(service).oneshot(post()).await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_too_large_is_sent_once() {
    let layer = hedge(10).max_replay(3);
    let request = |body: &str| Request::put("/").body(body.to_owned()).unwrap();
    assert_eq!(send(&layer, request("four"), &[(30, Ok(200))]).await, (Ok(200), 30, 1));
    assert_eq!(send(&layer, request("in!"), &[(30, Ok(200))]).await.2, 2);
    assert_eq!(layer.handle().snapshot().not_replayable, 1);
}

#[tokio::test(start_paused = true)]
async fn second_requests_are_paid_from_the_budget() {
    let layer = HedgeLayer::after(ms(10)).budget(Budget::new(Ratio::percent(5)).per_second(0));
    let mut requests = 0;
    for _ in 0..200 {
        requests += send(&layer, get(), &[(30, Ok(200))]).await.2;
    }
    assert_eq!(requests, 200 + 10);
    assert_eq!(layer.handle().snapshot().over_budget, 190);
}

#[tokio::test(start_paused = true)]
async fn no_second_request_is_sent_after_the_deadline() {
    let layer = hedge(100);
    for (millis, requests) in [(100, 1), (101, 2)] {
        let deadline = Clock::default().now() + Micros(millis * 1_000);
        let call = send(&layer, get(), &[(150, Ok(200))]);
        let call = CallContext::current().with_deadline(deadline).scope(call);
        assert_eq!(call.await, (Ok(200), 150, requests));
    }
    assert_eq!(layer.handle().snapshot().deadline, 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_and_a_hedge_can_share_a_budget() {
    let budget = Budget::new(Ratio::ZERO).per_second(1).window(ms(2_000));
    let hedge = HedgeLayer::after(ms(10)).budget(budget.clone());
    let retry = RetryLayer::new(9).budget(budget);
    for _ in 0..2 {
        assert_eq!(send(&hedge, get(), &[(30, Ok(200))]).await.2, 2);
    }
    let (service, calls) = scripted(&[(0, Ok(503))]);
    retry.layer(service).oneshot(get()).await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1, "nothing is left");
}

/// The request brings one token at the retry and one at the hedge inside it, its further attempts none.
#[tokio::test(start_paused = true)]
async fn the_attempts_of_a_retry_bring_nothing_to_the_budget_of_a_hedge_inside() {
    let budget = Budget::new(Ratio::ONE).per_second(0);
    let hedge = HedgeLayer::after(ms(10)).budget(budget.clone());
    let retry = RetryLayer::new(9).budget(budget);
    let (service, calls) = scripted(&[(0, Ok(503))]);
    retry.layer(hedge.layer(service)).oneshot(get()).await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1 + 2);
}

#[tokio::test(start_paused = true)]
async fn the_delay_is_learnt_from_the_calls_of_the_last_minute() {
    let layer = HedgeLayer::percentile(Ratio::percent(95)).budget(Budget::unlimited());
    let handle = layer.handle();
    for call in 0..100 {
        assert_eq!(handle.snapshot().delay, None, "after {call} calls");
        let script: Script = if call % 10 == 0 { &[(100, Ok(200))] } else { &[(10, Ok(200))] };
        assert_eq!(send(&layer, get(), script).await.2, 1);
    }
    let delay = handle.snapshot().delay.unwrap();
    assert!((ms(100)..=ms(113)).contains(&delay), "{delay:?}");
    let (outcome, took, requests) = send(&layer, get(), &[(900, Ok(200)), (5, Ok(201))]).await;
    assert_eq!((outcome, requests), (Ok(201), 2));
    assert!((105..=120).contains(&took), "{took}");

    sleep(Duration::from_secs(61)).await;
    assert_eq!(send(&layer, get(), &[(10, Ok(200))]).await.2, 1);
    assert_eq!(handle.snapshot().delay, None, "that is too long ago");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_hedge_beat_counts_as_at_least_as_slow() {
    let layer = HedgeLayer::percentile(Ratio::percent(50)).budget(Budget::unlimited());
    for _ in 0..100 {
        let _ = send(&layer, get(), &[(10, Ok(200))]).await;
    }
    for _ in 0..150 {
        let _ = send(&layer, get(), &[(900, Ok(200)), (50, Ok(200))]).await;
    }
    let delay = layer.handle().snapshot().delay.unwrap();
    assert!(delay > ms(30), "else the delay would feed on itself: {delay:?}");
}

#[tokio::test(start_paused = true)]
async fn the_handle_changes_the_delay_of_the_next_call() {
    let layer = hedge(1_000);
    layer.handle().set_after(ms(10));
    assert_eq!(send(&layer, get(), &[(30, Ok(200))]).await.2, 2);
    layer.handle().set_percentile(Ratio::percent(95));
    assert_eq!(send(&layer, get(), &[(30, Ok(200))]).await.2, 1);
    layer.handle().set_enabled(false);
    let _ = send(&layer, get(), &[(30, Ok(200))]).await;
    assert_eq!(layer.handle().snapshot().passed, 2);
}

#[tokio::test(start_paused = true)]
async fn the_second_request_is_made_by_a_clone_when_it_is_ready() {
    let (service, led) = inner::<Req, Res, Fault>();
    let probe = Probe::new(service);
    let counts = probe.handle();
    led.allow(1);
    let mut service = hedge(10).layer(probe);
    let mut answer = task::spawn(service.ready().await.unwrap().call(get()));
    assert_pending!(answer.poll());
    let first = led.try_next_call().unwrap();
    tokio::time::advance(ms(11)).await;
    assert_pending!(answer.poll());
    assert!(led.try_next_call().is_none(), "the clone is not ready");

    led.open();
    assert_pending!(answer.poll());
    let second = led.try_next_call().unwrap();
    second.respond(status(201));
    assert_eq!(assert_ready!(answer.poll()).unwrap().status(), 201);
    assert!(first.is_dropped(), "the loser is dropped at once");
    assert_eq!((counts.counts().violations, counts.counts().in_flight), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_first_request_failed_waits_for_nobody_beyond_its_deadline() {
    let (service, led) = inner::<Req, Res, Fault>();
    led.allow(1);
    let layer = hedge(10);
    let deadline = Clock::default().now() + Micros(50_000);
    let start = Instant::now();
    let call = layer.layer(service).oneshot(get());
    let answer = tokio::spawn(CallContext::current().with_deadline(deadline).scope(call));
    let first = led.next_call().await;
    sleep(ms(20)).await;
    first.fail(Fault("reset"));
    let answer = tokio::time::timeout(ms(1_000), answer).await.expect("it waits on");
    assert_eq!(answer.unwrap().unwrap_err(), Fault("reset"));
    assert_eq!(start.elapsed(), ms(50));
    let seen = layer.handle().snapshot();
    assert_eq!((seen.failed, seen.second_failed, seen.in_flight), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_cannot_be_readied_leaves_the_first_request_alone() {
    let (service, led) = inner::<Req, Res, Fault>();
    let layer = hedge(10);
    let mut answer = task::spawn(layer.layer(service).oneshot(get()));
    assert_pending!(answer.poll());
    let first = led.try_next_call().unwrap();
    led.fail_readiness(Fault("gone"));
    tokio::time::advance(ms(11)).await;
    assert_pending!(answer.poll());
    first.respond(status(200));
    assert_eq!(assert_ready!(answer.poll()).unwrap().status(), 200);
    assert_eq!(layer.handle().snapshot().second_failed, 1);
}

#[tokio::test(start_paused = true)]
async fn the_second_request_knows_that_it_is_one_and_how_much_time_it_has() {
    let seen = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let writes = Arc::clone(&seen);
    let service = service_fn(move |request: Req| {
        let time = request.headers()["x-request-timeout-ms"].to_str().unwrap().to_owned();
        writes.lock().push((CallContext::current().attempt(), time));
        async {
            sleep(ms(300)).await;
            Ok::<_, Fault>(status(200))
        }
    });
    let end = Clock::default().now() + Micros(1_000_000);
    let mut request = get();
    request.headers_mut().insert("x-request-timeout-ms", "1000".parse().unwrap());
    let call = hedge(100).layer(service).oneshot(request);
    CallContext::current().with_end(end).scope(call).await.unwrap();
    assert_eq!(*seen.lock(), [(1, "1000".to_owned()), (2, "900".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_at_any_await_leaves_nothing_behind() {
    let layer = hedge(10);
    let handle = layer.handle();
    let (service, _) = scripted(&[(30, Ok(200)), (30, Ok(200))]);
    let inner = Probe::new(service);
    let probe = inner.handle();
    let mut drops = 0;
    drop_at_every_await(
        || layer.layer(inner.clone()).oneshot(get()),
        |_| {
            drops += 1;
            assert_eq!((probe.counts().in_flight, handle.snapshot().in_flight), (0, 0));
        },
    )
    .await;
    let seen = handle.snapshot();
    assert!(drops >= 4 && seen.abandoned > 0 && seen.passed > 0, "{drops} {seen:?}");
    assert_eq!(probe.counts().violations, 0);
}

#[tokio::test(start_paused = true)]
async fn a_finished_future_that_is_kept_holds_nothing() {
    let (service, _) = scripted(&[(900, Ok(200)), (5, Ok(200))]);
    let inner = Probe::new(service);
    let probe = inner.handle();
    let mut service = hedge(10).layer(inner);
    let mut kept = std::pin::pin!(service.ready().await.unwrap().call(get()));
    kept.as_mut().await.unwrap();
    assert_eq!(probe.counts().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn plain_services_are_hedged_too() {
    let calls = Arc::new(AtomicUsize::new(0));
    let slow_first = service_fn(|_: u8| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        async move {
            sleep(ms(if call == 0 { 900 } else { 1 })).await;
            Ok::<_, Fault>(call)
        }
    });
    let layer = HedgeLayer::after(ms(10)).plain();
    assert_eq!(layer.layer(slow_first).oneshot(7).await, Ok(1));
}

#[test]
fn a_hedge_can_be_cloned_shared_and_spawned() {
    assert_layer::<_, palisade_core::test::Canned<Req, Res>>(&hedge(1));
    assert_service(&hedge(1).layer(ready::<Req, Res>(Response::default())));
}

#[test]
fn a_hedge_says_what_it_does() {
    let text = format!("{:?}", HedgeLayer::after(ms(50)).name("search"));
    assert_eq!(text, r#"HedgeLayer("search": a second request after 50ms)"#);
    let text = format!("{:?}", HedgeLayer::percentile(Ratio::percent(95)));
    assert_eq!(text, r#"HedgeLayer("default": a second request after the time of 95% of calls)"#);
}

/// Nor a runtime: a timer would panic here.
#[test]
fn a_call_that_is_not_to_be_sent_twice_needs_no_timer() {
    let layer = hedge(10);
    let mut answer = task::spawn(layer.layer(pending::<Req, Res>()).oneshot(post()));
    assert_pending!(answer.poll());
    assert_eq!(layer.handle().snapshot().not_idempotent, 1);
}
