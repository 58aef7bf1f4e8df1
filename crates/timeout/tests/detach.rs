//! Calls that finish what they have begun.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::bill::Billed;
use palisade_core::test::{Inner, InnerHandle, Probe, echo, inner};
use palisade_core::{Bill, CallContext, Clock, Late, Micros, Ratio, Reason};
use palisade_timeout::{Detached, Fixed, Timeout, TimeoutHandle, TimeoutLayer};
use tokio::task::yield_now;
use tokio::time::sleep;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

const HEAD: Duration = Duration::from_millis(250);

type Plain<S> = Timeout<S, palisade_core::respond::Plain, Fixed, Detached>;
type Scripted = Plain<Probe<Inner<&'static str, &'static str, &'static str>>>;
type Script = InnerHandle<&'static str, &'static str, &'static str>;

fn scripted(layer: TimeoutLayer) -> (Scripted, Script, TimeoutHandle) {
    let (service, script) = inner();
    let handle = layer.handle();
    (layer.detach().plain().layer(Probe::new(service)), script, handle)
}

fn layer() -> TimeoutLayer {
    TimeoutLayer::new(HEAD)
}

/// Passed, failed, rejected, shadowed, abandoned.
fn counts(handle: &TimeoutHandle) -> [u64; 5] {
    let now = handle.snapshot();
    assert_eq!(now.in_flight, 0);
    [now.passed, now.failed, now.rejected, now.shadowed, now.abandoned]
}

#[test]
fn what_is_ready_at_once_needs_no_runtime() {
    let mut service = layer().detach().plain().layer(echo());
    let mut answer = task::spawn(service.call("hello"));
    assert_eq!(assert_ready!(answer.poll()), Ok("hello"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_is_handed_on_from_the_task() {
    let (mut service, script, handle) = scripted(layer());
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    yield_now().await;
    script.try_next_call().unwrap().respond("bye");
    yield_now().await;
    assert!(answer.is_woken());
    assert_eq!(assert_ready!(answer.poll()), Ok("bye"));

    let answer = service.ready().await.unwrap().call("hello");
    script.try_next_call().unwrap().fail("broken");
    answer.await.unwrap_err();
    assert_eq!(counts(&handle), [1, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_late_call_is_answered_on_time_and_goes_on_to_its_end() {
    let (mut service, script, handle) = scripted(layer());
    let probe = service.get_ref().handle();
    let error = service.ready().await.unwrap().call("hello").await.unwrap_err();
    assert!(error.rejection().is_some());
    let call = script.try_next_call().unwrap();
    assert!(!call.is_dropped());
    assert_eq!(probe.counts().in_flight, 1);

    sleep(HEAD * 10).await;
    call.respond("at last");
    yield_now().await;
    assert_eq!((probe.counts().in_flight, probe.counts().dropped), (0, 0));
    assert_eq!(counts(&handle), [0, 0, 1, 0, 0], "counted once");
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_without_its_caller() {
    let (mut service, script, handle) = scripted(layer());
    let probe = service.get_ref().handle();
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    drop(answer);
    assert_eq!(counts(&handle), [0, 0, 0, 0, 1]);
    script.try_next_call().unwrap().respond("nobody there");
    yield_now().await;
    assert_eq!((probe.counts().in_flight, probe.counts().dropped), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_never_polled_has_not_begun() {
    let (mut service, script, handle) = scripted(layer());
    drop(service.ready().await.unwrap().call("hello"));
    assert!(script.try_next_call().unwrap().is_dropped());
    assert_eq!(counts(&handle), [0, 0, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn switched_off_it_detaches_nothing() {
    let (mut service, script, handle) = scripted(layer().enabled(false));
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    let call = script.try_next_call().unwrap();
    drop(answer);
    assert!(call.is_dropped());
    assert_eq!(counts(&handle), [0; 5]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_hands_the_late_answer_on() {
    let (mut service, script, handle) = scripted(layer().enforce(Ratio::ZERO));
    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    sleep(HEAD * 2).await;
    assert_pending!(answer.poll());
    script.try_next_call().unwrap().respond("late");
    yield_now().await;
    assert_eq!(assert_ready!(answer.poll()), Ok("late"));
    assert_eq!(counts(&handle), [0, 0, 0, 1, 0]);
}

#[derive(Clone, Default)]
struct Sum(Arc<AtomicU64>);

impl Billed for Sum {
    fn charge(&self, units: u64) {
        self.0.fetch_add(units, Ordering::Relaxed);
    }

    fn refund(&self, _: u64) {}
}

#[tokio::test(start_paused = true)]
async fn the_task_has_the_context_and_the_bill_of_the_call() {
    let (send, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let inner = service_fn(move |()| {
        let send = send.clone();
        async move {
            sleep(HEAD * 2).await;
            Bill::current().unwrap().charge(3);
            send.send(CallContext::current()).unwrap();
            Ok::<_, Infallible>(())
        }
    });
    let sum = Sum::default();
    let bill = Bill::new(sum.clone());
    let mut answer = task::spawn(layer().detach().plain().layer(inner).oneshot(()));
    let start = Clock::tokio().now();
    let context = CallContext::current().with_attempt(3);
    bill.enter(|| context.enter(|| assert_pending!(answer.poll())));
    drop(answer);

    let seen = seen.recv().await.unwrap();
    assert_eq!((seen.attempt(), seen.deadline()), (3, Some(start + Micros::from(HEAD))));
    assert_eq!(sum.0.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_panic_inside_is_one_of_the_caller() {
    for wait in [Duration::ZERO, HEAD / 2] {
        let layer = layer().detach().plain();
        let handle = layer.handle();
        let inner = service_fn(move |()| async move {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            assert!(wait.is_zero() && !wait.is_zero(), "as it should");
            Ok::<_, Infallible>(())
        });
        let panic = tokio::spawn(layer.layer(inner).oneshot(())).await.unwrap_err().into_panic();
        assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "as it should");
        assert_eq!(counts(&handle), [0, 0, 0, 0, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_that_nobody_waits_for_harms_nobody() {
    let layer = layer().detach().plain();
    let inner = service_fn(|()| async {
        sleep(HEAD * 2).await;
        assert!(HEAD.is_zero(), "as it should");
        Ok::<_, Infallible>(())
    });
    layer.layer(inner).oneshot(()).await.unwrap_err();
    sleep(HEAD * 2).await;
    assert_eq!(counts(&layer.handle()), [0, 0, 1, 0, 0]);
}

/// The caller is on no runtime at all; the call was on one that ends.
#[test]
fn a_runtime_that_ends_ends_the_call_and_the_caller_is_answered() {
    for (enforce, expected) in [(Ratio::ONE, [0, 0, 1, 0, 0]), (Ratio::ZERO, [0, 0, 1, 0, 0])] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let layer = layer().enforce(enforce).detach().plain();
        let handle = layer.handle();
        let inner = service_fn(|()| std::future::pending::<Result<(), Infallible>>());
        let mut answer = task::spawn(layer.layer(inner).oneshot(()));
        {
            let _on = runtime.enter();
            assert_pending!(answer.poll());
        }
        drop(runtime);
        assert!(answer.is_woken());
        let error = assert_ready!(answer.poll()).unwrap_err();
        let reason = error.rejection().unwrap().reason();
        assert!(matches!(reason, Reason::TimedOut { late: Late::Head, limit: HEAD, .. }));
        assert_eq!(counts(&handle), expected);
    }
}

#[test]
fn a_runtime_that_ends_with_the_caller_on_it_harms_nobody() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let layer = layer().detach().plain();
    let handle = layer.handle();
    let inner = service_fn(|()| std::future::pending::<Result<(), Infallible>>());
    let answer = runtime.spawn(layer.layer(inner).oneshot(()));
    while handle.snapshot().in_flight == 0 {
        std::thread::yield_now();
    }
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| drop(runtime)));
    assert!(ended.is_ok());
    drop(answer);
    assert_eq!(handle.snapshot().in_flight, 0);
}
