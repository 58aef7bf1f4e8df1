//! How often a call is made, and what its caller gets.

mod support;

use std::io;

use palisade_core::{Late, Reason, Rejection};
use palisade_retry::{Advice, Backoff, Budget, RetryLayer};
use support::upstream::{Fault, Upstream, eager, get, ms, post, send, status, steady};
use tower::{Layer, ServiceExt};

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_once_is_answered_by_the_second_attempt() {
    let layer = steady();
    let (outcome, upstream) = send(&layer, get(), [Ok(status(503)), Ok(status(200))]).await;

    assert_eq!(outcome.unwrap().body(), "status 200");
    assert_eq!(upstream.calls(), 2);
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.failed, seen.success, seen.attempts), (1, 0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn max_attempts_counts_the_first_one() {
    for attempts in 1..5 {
        let layer = eager(attempts);
        let (outcome, upstream) = send(&layer, get(), [Ok(status(503))]).await;
        assert_eq!(outcome.unwrap().status(), 503, "the last response is kept");
        assert_eq!(upstream.calls(), attempts as usize);
        let seen = layer.handle().snapshot();
        assert_eq!((seen.failed, seen.exhausted), (1, 1));
        assert_eq!(seen.attempts, u64::from(attempts) - 1);
    }
    assert_eq!(send(&eager(0), get(), [Ok(status(503))]).await.1.calls(), 1, "0 counts as 1");
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_the_callers() {
    let faults = [Err(Fault("first")), Err(Fault("second")), Err(Fault("third"))];
    let (outcome, _) = send(&eager(3), get(), faults).await;
    assert_eq!(outcome.unwrap_err(), Fault("third"));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_has_the_same_request() {
    let mut request = post();
    *request.version_mut() = http::Version::HTTP_2;
    request.headers_mut().insert("idempotency-key", "17".parse().unwrap());
    request.extensions_mut().insert(17_u8);
    let (_, upstream) = send(&eager(3), request, [Ok(status(503))]).await;

    let seen = upstream.seen();
    assert_eq!(seen.len(), 3);
    for one in seen {
        let request = one.request;
        assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/things"));
        assert_eq!((request.version(), &**request.body()), (http::Version::HTTP_2, "a thing"));
        assert_eq!(request.headers()["idempotency-key"], "17");
        assert_eq!(request.extensions().get(), Some(&17_u8));
        assert_eq!(request.headers().len(), 1, "{:?}", request.headers());
    }
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_sees_which_attempt_it_is() {
    let (_, upstream) = send(&eager(3), get(), [Ok(status(503))]).await;
    let attempts: Vec<_> = upstream.seen().iter().map(|one| one.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_switched_off_makes_one_attempt_and_counts_nothing() {
    let layer = eager(3).enabled(false);
    let (outcome, upstream) = send(&layer, get(), [Ok(status(503))]).await;
    assert_eq!((outcome.unwrap().status().as_u16(), upstream.calls()), (503, 1));
    let seen = layer.handle().snapshot();
    assert_eq!((seen.passed, seen.failed, seen.in_flight), (0, 0, 0));

    layer.handle().set_enabled(true);
    assert_eq!(send(&layer, get(), [Ok(status(503))]).await.1.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_the_handle_changes_holds_for_the_next_attempt() {
    let layer = eager(2);
    let handle = layer.handle();
    handle.set_max_attempts(4);
    assert_eq!(send(&layer, get(), [Ok(status(503))]).await.1.calls(), 4);
    handle.set_statuses([500]);
    assert_eq!(send(&layer, get(), [Ok(status(503))]).await.1.calls(), 1);
    assert_eq!(send(&layer, get(), [Ok(status(500))]).await.1.calls(), 4);
    handle.set_backoff(Backoff::iter(|| [ms(1)]));
    assert_eq!(send(&layer, get(), [Ok(status(500))]).await.1.calls(), 2, "its waits end");
    handle.set_max_attempts(0);
    assert_eq!(handle.snapshot().max_attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn any_service_is_retried_in_the_plain_mode() {
    let upstream = Upstream::new([Err(Fault("reset")), Ok("pong")]);
    let service = RetryLayer::standard().plain().layer(upstream.clone());
    assert_eq!(service.oneshot("ping").await, Ok("pong"));
    assert_eq!(upstream.seen()[1].request, "ping");
}

#[tokio::test(start_paused = true)]
async fn a_closure_says_what_is_worth_another_attempt() {
    let upstream = Upstream::new([Ok("busy"), Ok("busy"), Err(Fault("fatal")), Ok("done")]);
    let layer =
        RetryLayer::new(9).cloned().classify_by(|outcome: Result<&&str, &Fault>| match outcome {
            Ok(&"busy") => Advice::again(),
            Ok(_) => Advice::Done,
            Err(_) => Advice::Stop,
        });
    assert_eq!(layer.layer(upstream.clone()).oneshot(()).await, Err(Fault("fatal")));
    assert_eq!(upstream.calls(), 3);
    assert_eq!(layer.handle().snapshot().stopped, 1);

    let upstream = Upstream::new([Ok(1), Ok(2), Ok(3), Err(Fault("never asked"))]);
    let layer = RetryLayer::new(9).retry_if(|outcome| matches!(outcome, Ok(n) if *n < 3)).cloned();
    assert_eq!(layer.layer(upstream).oneshot(()).await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_a_closure_makes_no_copy_of_is_sent_once() {
    let layer = eager(3).classify(palisade_retry::judge::Plain);
    let layer = layer.repeat_by(|request: &String| (request != "once").then(|| request.clone()));
    for (request, calls) in [("often", 3), ("once", 1)] {
        let upstream: Upstream<String, (), _> = Upstream::new([Err(Fault("reset"))]);
        let outcome = layer.layer(upstream.clone()).oneshot(request.to_owned()).await;
        assert_eq!((outcome, upstream.calls()), (Err(Fault("reset")), calls));
    }
    assert_eq!(layer.handle().snapshot().not_replayable, 1);
}

#[tokio::test(start_paused = true)]
async fn boxed_errors_are_looked_into() {
    let service = |calls: std::sync::Arc<std::sync::atomic::AtomicU32>,
                   error: fn() -> palisade_core::BoxError| {
        tower::service_fn(move |_: support::upstream::Req| {
            calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let error = error();
            async move { Err::<support::upstream::Res, _>(error) }
        })
    };
    let errors: [(fn() -> palisade_core::BoxError, u32); 3] = [
        (|| io::Error::other("reset").into(), 3),
        (|| Rejection::new("breaker", "up", Reason::Expired).into(), 1),
        (|| Rejection::new("timeout", "up", Reason::timed_out(Late::Head, ms(1), ms(1))).into(), 3),
    ];
    for (error, expected) in errors {
        let calls = std::sync::Arc::default();
        let layer = eager(3).boxed();
        let answer =
            layer.layer(service(std::sync::Arc::clone(&calls), error)).oneshot(get()).await;
        assert_eq!(answer.unwrap_err().to_string(), error().to_string());
        assert_eq!(calls.load(std::sync::atomic::Ordering::Relaxed), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn layers_that_are_given_one_budget_share_it() {
    let budget = Budget::new(palisade_retry::Ratio::ZERO).per_second(1).window(ms(3_000));
    let layers = [eager(9).budget(budget.clone()), eager(9).budget(budget)];
    let mut calls = 0;
    for layer in &layers {
        calls += send(layer, get(), [Ok(status(503))]).await.1.calls();
    }
    assert_eq!(calls, 2 + 3, "three further attempts in all");
    assert_eq!(layers[1].handle().snapshot().over_budget, 1);
}

#[tokio::test(start_paused = true)]
async fn a_configured_clone_has_a_budget_of_its_own() {
    let budget = || Budget::new(palisade_retry::Ratio::ZERO).per_second(0);
    let layer = RetryLayer::standard();
    let before = layer.handle().snapshot().budget;
    assert!(layer.handle().budget().withdraw(palisade_core::Clock::default().now()));
    assert_eq!(layer.handle().snapshot().budget, before - 1);
    assert_eq!(layer.clone().handle().snapshot().budget, before - 1, "a clone shares it");
    assert_eq!(layer.clone().name("other").handle().snapshot().budget, before);
    assert_eq!(layer.budget(budget()).name("other").handle().snapshot().budget, 0, "given");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_ready_is_not_called_though_the_layer_is_switched_off() {
    let (service, led) = palisade_core::test::inner::<_, _, Fault>();
    let probe = palisade_core::test::Probe::new(service);
    let counts = probe.handle();
    let layer = eager(2);
    let mut service = layer.layer(probe);
    led.fail_readiness(Fault("gone"));
    let call = tower::Service::call(service.ready().await.unwrap(), get());
    layer.handle().set_enabled(false);
    let answer = tokio::spawn(call);
    led.next_call().await.respond(status(200));
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    assert_eq!(counts.counts().violations, 0);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_recovers_before_it_is_called_makes_the_first_attempt() {
    let (service, led) = palisade_core::test::inner::<_, _, Fault>();
    let probe = palisade_core::test::Probe::new(service);
    let counts = probe.handle();
    let mut service = eager(2).layer(probe);
    led.fail_readiness(Fault("gone"));
    service.ready().await.unwrap();
    led.allow(1);
    let call = tower::Service::call(service.ready().await.unwrap(), get());
    let answer = tokio::spawn(call);
    led.next_call().await.respond(status(200));
    answer.await.unwrap().unwrap();
    assert_eq!((counts.counts().violations, counts.counts().unused), (0, 0));
}
