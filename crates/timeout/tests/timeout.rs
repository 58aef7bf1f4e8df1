//! The timeout: when it cuts, what it drops, what it counts, what it says.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use palisade_core::test::{
    Inner, InnerHandle, Probe, after, assert_layer, assert_service, count_polls, echo, inner,
    panics, pending,
};
use palisade_core::{Late, LayerError, ManualClock, Origin, Ratio, Reason};
use palisade_timeout::{Timeout, TimeoutHandle, TimeoutLayer};
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

const HEAD: Duration = Duration::from_millis(250);

type Plain<S> = Timeout<S, palisade_core::respond::Plain>;
type Scripted = Plain<Probe<Inner<&'static str, &'static str, &'static str>>>;
type Script = InnerHandle<&'static str, &'static str, &'static str>;

/// A timeout around a service in the test's hands.
fn scripted(layer: TimeoutLayer) -> (Scripted, Script, TimeoutHandle) {
    let (service, script) = inner();
    let handle = layer.handle();
    (layer.plain().layer(Probe::new(service)), script, handle)
}

async fn call<S: Service<Req>, Req>(
    service: &mut S,
    request: Req,
) -> Result<S::Response, S::Error> {
    service.ready().await?.call(request).await
}

/// Passed, failed, rejected, shadowed, abandoned.
fn counts(handle: &TimeoutHandle) -> [u64; 5] {
    let now = handle.snapshot();
    assert_eq!(now.in_flight, 0);
    [now.passed, now.failed, now.rejected, now.shadowed, now.abandoned]
}

#[test]
fn what_is_ready_at_once_needs_no_timer_and_no_runtime() {
    let layer = TimeoutLayer::new(HEAD).plain();
    let mut service = layer.layer(echo());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut answer = task::spawn(service.call("hello"));
    assert_eq!(assert_ready!(answer.poll()), Ok("hello"));
    assert_eq!(counts(&layer.handle()), [1, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_late_call_is_cut_exactly_at_its_limit() {
    let layer = TimeoutLayer::new(HEAD).name("search").plain();
    let mut service = layer.layer(pending::<_, ()>());
    // In whole milliseconds, which is what tokio's timers count.
    for head in [HEAD, Duration::from_millis(1), Duration::from_secs(86_400)] {
        layer.handle().set_head(head);
        let started = Instant::now();
        let error = call(&mut service, ()).await.unwrap_err();
        assert_eq!(started.elapsed(), head);
        let why = error.rejection().unwrap();
        assert_eq!(
            (why.layer(), why.name(), why.reason()),
            ("timeout", "search", Reason::timed_out(Late::Head, head, head))
        );
        assert_eq!((why.origin(), why.retry_after()), (Origin::Upstream, None));
    }
    assert_eq!(counts(&layer.handle()), [0, 0, 3, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn the_time_begins_with_the_call_and_not_with_the_first_poll() {
    let mut service = TimeoutLayer::new(HEAD).plain().layer(pending::<_, ()>());
    let started = Instant::now();
    let answer = service.ready().await.unwrap().call(());
    sleep(HEAD / 2).await;
    answer.await.unwrap_err();
    assert_eq!(started.elapsed(), HEAD);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_cut_a_moment_before_its_limit() {
    let (mut service, script, _) = scripted(TimeoutLayer::new(HEAD));
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    sleep(HEAD - Duration::from_millis(1)).await;
    assert!(!answer.is_woken());
    assert_pending!(answer.poll());
    script.try_next_call().unwrap().respond("just in time");
    assert_eq!(assert_ready!(answer.poll()), Ok("just in time"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_there_at_the_deadline_is_not_thrown_away() {
    let slow = service_fn(|wait| async move {
        sleep(wait).await;
        Ok::<_, Infallible>("there")
    });
    let mut service = TimeoutLayer::new(HEAD).plain().layer(slow);
    assert_eq!(call(&mut service, HEAD).await, Ok("there"));
    assert!(call(&mut service, HEAD + Duration::from_millis(1)).await.is_err());

    // Nor is one that is polled long after.
    let (mut service, script, handle) = scripted(TimeoutLayer::new(HEAD));
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    script.try_next_call().unwrap().respond("there");
    sleep(HEAD * 10).await;
    assert_eq!(assert_ready!(answer.poll()), Ok("there"));
    assert_eq!(counts(&handle), [1, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_the_inner_service_holds_is_given_back_at_the_cut() {
    let (mut service, script, _) = scripted(TimeoutLayer::new(HEAD));
    let probe = service.get_ref().handle();
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    let inside = script.try_next_call().unwrap();
    sleep(HEAD).await;
    assert!(answer.is_woken() && !inside.is_dropped());

    assert!(assert_ready!(answer.poll()).is_err());
    assert!(inside.is_dropped());
    assert_eq!((probe.counts().in_flight, probe.counts().dropped), (0, 1));
    drop(answer);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_is_counted() {
    let (mut service, script, handle) = scripted(TimeoutLayer::new(HEAD));
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    let inside = script.try_next_call().unwrap();
    assert_eq!(handle.snapshot().in_flight, 1);
    drop(answer);
    assert!(inside.is_dropped());
    assert_eq!(counts(&handle), [0, 0, 0, 0, 1]);

    drop(service.ready().await.unwrap().call("never polled"));
    assert_eq!(counts(&handle), [0, 0, 0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_error_in_time_is_handed_on_and_counted() {
    let (mut service, script, handle) = scripted(TimeoutLayer::new(HEAD));
    let answer = service.ready().await.unwrap().call("hello");
    script.try_next_call().unwrap().fail("broken");
    assert_eq!(answer.await, Err(LayerError::Inner("broken")));
    assert_eq!(counts(&handle), [0, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_inside_goes_through_and_is_counted_as_abandoned() {
    let layer = TimeoutLayer::new(HEAD).plain();
    let (mut service, handle) = (layer.layer(panics::<(), ()>()), layer.handle());
    let answer = service.ready().await.unwrap().call(());
    tokio::spawn(answer).await.unwrap_err();
    assert_eq!(counts(&handle), [0, 0, 0, 0, 1]);

    // In `call` itself, too.
    let panics = |()| -> std::future::Ready<Result<(), Infallible>> { panic!("as it should") };
    let mut service = layer.layer(service_fn(panics));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(())))).is_err());
    assert_eq!(counts(&handle), [0, 0, 0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn with_no_time_at_all_only_what_is_ready_at_once_passes() {
    let layer = TimeoutLayer::new(Duration::ZERO).plain();
    assert_eq!(call(&mut layer.layer(echo()), "hello").await, Ok("hello"));
    // Also between two of the timer's milliseconds.
    tokio::time::advance(Duration::from_micros(300)).await;
    let started = Instant::now();
    assert!(call(&mut layer.layer(after::<_, ()>(1, ())), "hello").await.is_err());
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn more_time_than_there_is_never_ends() {
    for head in
        [Duration::MAX, Duration::from_secs(u64::MAX / 1_000_000), Duration::from_secs(1 << 40)]
    {
        let (mut service, script, _) = scripted(TimeoutLayer::new(head));
        let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
        assert_pending!(answer.poll());
        sleep(Duration::from_secs(365 * 86_400)).await;
        assert_pending!(answer.poll());
        script.try_next_call().unwrap().respond("at last");
        assert_eq!(assert_ready!(answer.poll()), Ok("at last"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_counts_late_calls_and_lets_them_run_on() {
    let (mut service, script, handle) = scripted(TimeoutLayer::new(HEAD).enforce(Ratio::ZERO));
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    sleep(HEAD).await;
    assert!(answer.is_woken());
    assert_pending!(answer.poll());
    assert_eq!(counts(&handle), [0, 0, 0, 1, 0]);

    sleep(HEAD).await;
    assert!(!answer.is_woken(), "it is counted once");
    script.try_next_call().unwrap().respond("late");
    assert_eq!(assert_ready!(answer.poll()), Ok("late"));
    assert_eq!(counts(&handle), [0, 0, 0, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn half_enforced_cuts_every_second_call_that_is_late() {
    let layer = TimeoutLayer::new(HEAD).enforce(Ratio::percent(50)).plain();
    let slow = service_fn(|()| async {
        sleep(HEAD * 2).await;
        Ok::<_, Infallible>(())
    });
    let mut service = layer.layer(slow);
    let mut cut = Vec::new();
    for _ in 0..6 {
        cut.push(call(&mut service, ()).await.is_err());
    }
    assert_eq!(cut, [false, true, false, true, false, true]);
    assert_eq!(counts(&layer.handle()), [0, 0, 3, 3, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_new_limit_holds_for_the_next_call() {
    let (mut service, _script, handle) = scripted(TimeoutLayer::new(HEAD));
    let started = Instant::now();
    let (before, after);
    before = service.ready().await.unwrap().call("before");
    handle.set_head(HEAD * 2);
    after = service.ready().await.unwrap().call("after");
    assert_eq!(handle.snapshot().head, HEAD * 2);

    before.await.unwrap_err();
    assert_eq!(started.elapsed(), HEAD);
    after.await.unwrap_err();
    assert_eq!(started.elapsed(), HEAD * 2);
}

#[tokio::test(start_paused = true)]
async fn switched_off_it_cuts_and_counts_nothing() {
    let (mut service, script, handle) = scripted(TimeoutLayer::new(HEAD).enabled(false));
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    sleep(HEAD * 100).await;
    assert!(!answer.is_woken());
    script.try_next_call().unwrap().respond("late");
    assert_eq!(assert_ready!(answer.poll()), Ok("late"));
    assert_eq!(counts(&handle), [0; 5]);

    handle.set_enabled(true);
    call(&mut service, "hello").await.unwrap_err();
    assert_eq!(counts(&handle), [0, 0, 1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn it_polls_no_more_than_it_must() {
    let mut service = TimeoutLayer::new(HEAD).plain().layer(pending::<_, ()>());
    let (answer, polls) = count_polls(call(&mut service, ())).await;
    assert!(answer.is_err());
    assert_eq!((polls.polls, polls.wakes), (2, 1));
}

#[test]
fn readiness_is_the_inner_services() {
    let (mut service, script, handle) = scripted(TimeoutLayer::new(Duration::ZERO));
    let mut cx = Context::from_waker(Waker::noop());
    script.hold();
    assert!(service.poll_ready(&mut cx).is_pending());
    script.fail_readiness("broken");
    assert_eq!(service.poll_ready(&mut cx), Poll::Ready(Err(LayerError::Inner("broken"))));
    assert_eq!(counts(&handle), [0; 5]);
}

#[tokio::test(start_paused = true)]
async fn the_readied_instance_is_the_one_that_is_called() {
    let (mut service, script, _) = scripted(TimeoutLayer::new(HEAD));
    let probe = service.get_ref().handle();
    script.allow(1);
    let answer = service.ready().await.unwrap().call("hello");
    script.try_next_call().unwrap().respond("bye");
    assert_eq!(answer.await, Ok("bye"));
    assert_eq!((probe.counts().violations, probe.counts().clones), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn clones_share_their_counts_and_a_setter_detaches() {
    let layer = TimeoutLayer::new(HEAD);
    let (handle, detached) = (layer.handle(), layer.clone().head(HEAD * 2).plain());
    let (one, other) = (layer.clone().plain(), layer.plain());
    for layer in [&one, &other, &detached] {
        let started = Instant::now();
        call(&mut layer.layer(pending::<_, ()>()), ()).await.unwrap_err();
        assert_eq!(started.elapsed(), layer.handle().snapshot().head);
    }
    assert_eq!((handle.snapshot().rejected, handle.snapshot().head), (2, HEAD));
    assert_eq!(
        (detached.handle().snapshot().rejected, detached.handle().snapshot().head),
        (1, HEAD * 2)
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_clock_says_has_passed_is_not_waited_for() {
    // Before the timer is set, the time that was given is over: the inner service blocked.
    let clock = ManualClock::new();
    let layer = TimeoutLayer::new(HEAD).clock(clock.clock()).plain();
    let mut service = layer.layer(pending::<_, ()>());
    let started = Instant::now();
    let answer = service.ready().await.unwrap().call(());
    clock.advance(HEAD);
    answer.await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[test]
fn it_prints_as_a_sentence() {
    let layer = TimeoutLayer::new(Duration::from_millis(1_500)).name("search");
    let text = r#"TimeoutLayer("search": 1.5s until the response's head)"#;
    assert_eq!(format!("{layer:?}"), text);
}

#[test]
fn hosts_can_clone_share_and_spawn_it() {
    type Http = palisade_core::test::Canned<http::Request<()>, http::Response<String>>;
    let layer = TimeoutLayer::new(HEAD);
    assert_layer::<_, Http>(&layer);
    let http = palisade_core::test::ready(http::Response::new(String::new()));
    assert_service::<_, http::Request<()>>(&layer.layer(http));
}
