//! Attempts and the readiness of the inner service.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::time::Duration;

use palisade_core::test::{Inner, InnerHandle, Probe, ProbeHandle, inner};
use palisade_core::{CallContext, Clock, Micros};
use palisade_retry::{Retry, RetryLayer};
use support::upstream::{Fault, Req, Res, Upstream, eager, get, ms, post, status, steady};
use tokio::time::{Instant, timeout};
use tokio_test::task::spawn;
use tower::{Layer, Service, ServiceExt};

type Leading = Retry<Probe<Inner<Req, Res, Fault>>>;
type Led = InnerHandle<Req, Res, Fault>;

fn led(layer: &RetryLayer) -> (Leading, Led, ProbeHandle) {
    let (service, led) = inner();
    let probe = Probe::new(service);
    let counts = probe.handle();
    (layer.layer(probe), led, counts)
}

/// What comes within a minute; without it a test that is wrong would hang.
async fn soon<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(60), future).await.expect("nothing comes of it")
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_made_by_an_instance_that_was_readied_for_it() {
    let probe = Probe::new(Upstream::new([Ok::<Res, Fault>(status(503))]));
    let counts = probe.handle();
    eager(3).layer(probe).oneshot(get()).await.unwrap();
    let seen = counts.counts();
    assert_eq!((seen.calls, seen.violations), (3, 0));
    assert_eq!((seen.polls_ready, seen.unused), (3, 0), "the readied one makes the first attempt");
    assert_eq!((seen.in_flight, seen.peak), (0, 1), "one at a time");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_is_kept_from_the_caller_while_there_are_attempts() {
    let (mut service, led, counts) = led(&eager(2));
    led.fail_readiness(Fault("down"));
    let answer = tokio::spawn(soon(service.ready()).await.unwrap().call(get()));
    soon(led.next_call()).await.respond(status(200));
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    assert_eq!((counts.counts().calls, counts.counts().violations), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn it_is_the_callers_where_there_is_no_other_attempt() {
    for layer in [eager(1), eager(0), eager(3).enabled(false)] {
        let (mut service, led, _) = led(&layer);
        led.fail_readiness(Fault("down"));
        assert_eq!(service.ready().await.unwrap_err(), Fault("down"), "{layer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_is_an_attempt() {
    let layer = eager(3);
    let (service, led, counts) = led(&layer);
    let answer = tokio::spawn(service.oneshot(get()));
    let call = soon(led.next_call()).await;
    led.fail_readiness(Fault("second"));
    led.fail_readiness(Fault("third"));
    led.fail_readiness(Fault("never met"));
    call.respond(status(503));
    assert_eq!(soon(answer).await.unwrap().unwrap_err(), Fault("third"));
    assert_eq!(counts.counts().calls, 1);
    let seen = layer.handle().snapshot();
    assert_eq!((seen.attempts, seen.exhausted), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_post_whose_service_could_not_be_readied_was_not_sent_and_may_be_again() {
    let layer = eager(4);
    let (mut service, led, counts) = led(&layer);
    led.fail_readiness(Fault("down"));
    led.fail_readiness(Fault("still down"));
    let answer = tokio::spawn(service.ready().await.unwrap().call(post()));
    let call = soon(led.next_call()).await;
    assert_eq!(call.request().body(), "a thing");
    call.respond(status(503));
    assert_eq!(soon(answer).await.unwrap().unwrap().status(), 503);
    assert_eq!(counts.counts().calls, 1, "once sent, it is not sent again");
    assert_eq!(layer.handle().snapshot().not_idempotent, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_remade_was_not_sent_either() {
    let mut upgrade = get();
    upgrade.headers_mut().insert("upgrade", "websocket".parse().unwrap());
    let (mut service, led, _) = led(&eager(3));
    led.fail_readiness(Fault("down"));
    led.fail_readiness(Fault("still down"));
    let answer = tokio::spawn(service.ready().await.unwrap().call(upgrade));
    soon(led.next_call()).await.respond(status(101));
    assert_eq!(soon(answer).await.unwrap().unwrap().status(), 101);
}

/// One instance may be ready at a time: who keeps it and waits for another waits for ever.
#[tokio::test(start_paused = true)]
async fn a_service_that_lets_one_caller_in_at_a_time_is_enough() {
    let (mut service, led, counts) = led(&eager(3));
    led.allow(1);
    let answer = tokio::spawn(soon(service.ready()).await.unwrap().call(get()));
    for _ in 0..2 {
        let call = soon(led.next_call()).await;
        led.allow(1);
        call.respond(status(503));
    }
    soon(led.next_call()).await.respond(status(200));
    assert_eq!(soon(answer).await.unwrap().unwrap().status(), 200);
    assert_eq!((counts.counts().violations, counts.counts().unused), (0, 0));

    // Nothing is kept of a call that has ended, so the next one comes in.
    led.allow(1);
    soon(service.ready()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_is_not_ready_before_the_inner_service_is() {
    let (mut service, led, _) = led(&eager(3));
    led.hold();
    let mut ready = spawn(service.ready());
    assert!(ready.poll().is_pending());
    led.open();
    assert!(ready.is_woken() && ready.poll().is_ready());
}

/// A first attempt that fails at 10 ms, another at 110 ms that finds nobody ready: when the call ends.
async fn at_the_bound(layer: &RetryLayer, time: Duration) -> Duration {
    let (service, led, counts) = led(layer);
    let start = Instant::now();
    let deadline = Clock::default().now() + Micros::from(time);
    let call = CallContext::current().with_deadline(deadline).scope(service.oneshot(get()));
    let answer = tokio::spawn(call);
    let call = soon(led.next_call()).await;
    tokio::time::sleep(ms(10)).await;
    led.hold();
    call.respond(status(502));
    assert_eq!(soon(answer).await.unwrap().unwrap().status(), 502, "the last response");
    assert_eq!(counts.counts().calls, 1);
    assert_eq!(layer.handle().snapshot().deadline, 1);
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_before_anybody_is_ready_ends_the_call_with_what_there_is() {
    assert_eq!(at_the_bound(&steady(), ms(250)).await, ms(250));
}

#[tokio::test(start_paused = true)]
async fn so_does_the_total_bound() {
    let layer = steady().max_elapsed(ms(180));
    assert_eq!(at_the_bound(&layer, Duration::from_secs(50)).await, ms(180));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_becomes_ready_before_that_is_called() {
    let (service, led, counts) = led(&steady().max_elapsed(ms(180)));
    let start = Instant::now();
    let answer = tokio::spawn(service.oneshot(get()));
    let call = soon(led.next_call()).await;
    led.hold();
    call.respond(status(502));
    tokio::time::sleep(ms(170)).await;
    assert!(led.is_awaited());
    led.open();
    let call = soon(led.next_call()).await;
    assert_eq!(start.elapsed(), ms(170));
    // Under way it is not cut.
    tokio::time::sleep(ms(900)).await;
    call.respond(status(200));
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    assert_eq!(counts.counts().violations, 0);
}

#[tokio::test(start_paused = true)]
async fn a_clone_is_not_ready_because_the_original_was() {
    let (mut service, led, counts) = led(&eager(1));
    service.ready().await.unwrap();
    let mut clone = service.clone();
    led.hold();
    assert!(spawn(clone.ready()).poll().is_pending());
    drop(service);
    assert_eq!(counts.counts().unused, 1);
}
