//! The test kit, tested: a probe that cannot see a fault proves nothing.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;
use http_body_util::BodyExt;
use palisade_core::test::{
    Canned, Counts, Probe, ProbeLayer, ScriptedBody, Step, after, assert_layer, assert_send,
    assert_send_sync_clone, assert_service, count_polls, drop_at_every_await, echo, greedy, inner,
    panics, pending, ready,
};
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt};

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

mod probe {
    use super::*;

    #[tokio::test]
    async fn a_call_of_the_readied_instance_is_no_violation() {
        let mut service = Probe::new(echo());
        service.ready().await.unwrap().call(1).await.unwrap();
        service.ready().await.unwrap().call(2).await.unwrap();

        let counts = service.handle().counts();
        assert_eq!((counts.calls, counts.violations, counts.polls_ready), (2, 0, 2));
    }

    #[tokio::test]
    async fn a_clone_of_a_ready_instance_is_not_ready() {
        let mut service = Probe::new(echo());
        service.ready().await.unwrap();
        let _ = service.clone().call(1).await;

        let counts = service.handle().counts();
        assert_eq!((counts.clones, counts.violations), (1, 1));
    }

    #[tokio::test]
    async fn readiness_is_good_for_one_call() {
        let mut service = Probe::new(echo());
        service.ready().await.unwrap();
        let _ = service.call(1).await;
        let _ = service.call(2).await;

        assert_eq!(service.handle().counts().violations, 1);
    }

    #[test]
    fn an_instance_that_is_not_ready_any_more_is_not_ready() {
        let (service, handle) = inner::<(), (), ()>();
        let mut service = Probe::new(service);
        handle.fail_readiness(());
        assert!(service.poll_ready(&mut noop()).is_ready());
        drop(service.call(()));

        assert_eq!(service.handle().counts().violations, 1);
    }

    #[test]
    fn in_flight_and_peak_follow_the_futures() {
        let mut service = Probe::new(pending::<(), ()>());
        let probe = service.handle();
        let flights: Vec<_> = (0..3).map(|_| service.call(())).collect();
        assert_eq!((probe.counts().in_flight, probe.counts().peak), (3, 3));

        drop(flights);
        let counts = probe.counts();
        assert_eq!((counts.in_flight, counts.peak, counts.dropped), (0, 3, 3));
        assert_eq!(counts.future_polls, 0);
    }

    #[tokio::test]
    async fn a_finished_future_that_is_kept_is_not_in_flight() {
        let mut service = Probe::new(ready(()));
        let mut answer = task::spawn(service.call(()));
        assert_ready_ok!(answer.poll());

        let counts = service.handle().counts();
        assert_eq!((counts.in_flight, counts.dropped, counts.future_polls), (0, 0, 1));
        drop(answer);
        assert_eq!(service.handle().counts().dropped, 0);
    }

    #[test]
    fn an_instance_that_was_readied_for_nothing_is_seen() {
        let mut service = Probe::new(echo::<()>());
        let probe = service.handle();
        assert!(service.poll_ready(&mut noop()).is_ready());
        drop(service);

        assert_eq!(probe.counts().unused, 1);
    }

    #[test]
    fn a_panic_lands_the_call() {
        let mut service = Probe::new(panics::<(), ()>());
        let probe = service.handle();
        let mut answer = Box::pin(service.call(()));
        let caught = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(&mut noop())));
        assert!(caught.is_err());
        drop(answer);

        assert_eq!((probe.counts().in_flight, probe.counts().dropped), (0, 1));
    }

    #[test]
    fn a_panic_in_call_lands_the_call() {
        let mut service =
            Probe::new(tower::service_fn(|()| -> std::future::Ready<Result<(), ()>> {
                panic!("no future")
            }));
        let caught = catch_unwind(AssertUnwindSafe(|| service.call(())));
        assert!(caught.is_err());

        assert_eq!(service.handle().counts().in_flight, 0);
    }

    #[test]
    fn nothing_is_counted_before_it_happens() {
        assert_eq!(Probe::new(echo::<()>()).handle().counts(), Counts::default());
    }

    #[tokio::test]
    async fn a_layer_counts_for_all_its_services() {
        let layer = ProbeLayer::new();
        for service in [layer.layer(echo()), layer.clone().layer(echo())] {
            service.oneshot(()).await.unwrap();
        }

        assert_eq!(layer.handle().counts().calls, 2);
        assert_eq!(ProbeLayer::new().handle().counts().calls, 0);
    }
}

mod inner_service {
    use super::*;

    #[tokio::test]
    async fn a_call_is_answered_by_hand() {
        let (mut service, handle) = inner::<&str, usize, String>();
        assert!(handle.try_next_call().is_none());
        let mut answer = task::spawn(service.ready().await.unwrap().call("four"));
        assert_pending!(answer.poll());

        let call = handle.try_next_call().unwrap();
        let length = call.request().len();
        call.respond(length);
        assert!(answer.is_woken());
        assert_eq!(assert_ready!(answer.poll()), Ok(4));
    }

    #[tokio::test]
    async fn a_call_is_failed_by_hand() {
        let (service, handle) = inner::<(), (), &str>();
        let answer = tokio::spawn(service.oneshot(()));
        handle.next_call().await.fail("no");
        assert_eq!(answer.await.unwrap(), Err("no"));
    }

    #[tokio::test]
    async fn an_unanswered_call_hangs() {
        let (mut service, handle) = inner::<(), (), ()>();
        let mut answer = task::spawn(service.call(()));
        drop(handle.next_call().await);
        assert_pending!(answer.poll());
        assert_pending!(answer.poll());

        drop(handle);
        let mut answer = task::spawn(service.call(()));
        assert_pending!(answer.poll());
    }

    #[tokio::test]
    async fn a_caller_who_goes_away_is_seen() {
        let (mut service, handle) = inner::<(), (), ()>();
        let answer = service.call(());
        let mut call = handle.next_call().await;
        assert!(!call.is_dropped());
        drop(answer);
        assert!(call.is_dropped());
        call.dropped().await;
        call.respond(());
    }

    #[test]
    fn readiness_can_be_held_and_opened() {
        let (mut service, handle) = inner::<(), (), ()>();
        handle.hold();
        let mut waiting = task::spawn(service.ready());
        assert_pending!(waiting.poll());
        assert!(handle.is_awaited());

        handle.open();
        assert!(waiting.is_woken() && !handle.is_awaited());
        assert_ready_ok!(waiting.poll());
    }

    #[test]
    fn readiness_fails_once() {
        let (mut service, handle) = inner::<(), (), &str>();
        handle.fail_readiness("gone");
        assert_eq!(service.poll_ready(&mut noop()), Poll::Ready(Err("gone")));
        assert_eq!(service.poll_ready(&mut noop()), Poll::Ready(Ok(())));
    }

    #[test]
    fn readiness_that_fails_wakes_who_waits() {
        let (mut service, handle) = inner::<(), (), &str>();
        handle.hold();
        let mut waiting = task::spawn(service.ready());
        assert_pending!(waiting.poll());
        handle.fail_readiness("gone");
        assert!(waiting.is_woken());
    }

    #[test]
    fn one_pass_is_for_one_instance_and_one_call() {
        let (mut service, handle) = inner::<(), (), ()>();
        let mut clone = service.clone();
        handle.allow(1);
        assert!(service.poll_ready(&mut noop()).is_ready());
        // Ready stays ready, and takes no second pass.
        assert!(service.poll_ready(&mut noop()).is_ready());
        assert!(clone.poll_ready(&mut noop()).is_pending());

        let _answer = service.call(());
        assert!(service.poll_ready(&mut noop()).is_pending());
        assert!(clone.poll_ready(&mut noop()).is_pending());
    }

    #[test]
    fn a_pass_that_is_dropped_unused_goes_to_who_waits() {
        let (mut service, handle) = inner::<(), (), ()>();
        let mut clone = service.clone();
        handle.allow(1);
        assert!(service.poll_ready(&mut noop()).is_ready());
        let mut waiting = task::spawn(clone.ready());
        assert_pending!(waiting.poll());

        drop(service);
        assert!(waiting.is_woken());
        assert_ready_ok!(waiting.poll());
    }
}

mod canned {
    use super::*;

    #[tokio::test]
    async fn after_wakes_itself_so_often() {
        let (answer, polls) = count_polls(after(3, "x").oneshot(())).await;
        assert_eq!((answer, polls.polls, polls.wakes), (Ok("x"), 4, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn pending_stays_silent() {
        let answer =
            tokio::time::timeout(Duration::from_secs(3600), pending::<(), ()>().oneshot(()));
        let (answer, polls) = count_polls(answer).await;
        assert!(answer.is_err());
        assert_eq!((polls.polls, polls.wakes), (2, 1));
    }

    #[tokio::test]
    async fn greedy_leaves_no_budget() {
        let mut greed = greedy::<(), ()>();
        let mut answer = std::pin::pin!(greed.call(()));
        let left = std::future::poll_fn(|cx| {
            assert!(tokio::task::coop::has_budget_remaining());
            assert!(answer.as_mut().poll(cx).is_pending());
            Poll::Ready(tokio::task::coop::has_budget_remaining())
        });
        assert!(!left.await);
    }

    #[test]
    fn greedy_asks_for_more_and_ends_outside_of_a_runtime() {
        let mut answer = task::spawn(greedy::<(), ()>().call(()));
        assert_pending!(answer.poll());
        assert!(answer.is_woken());
    }
}

mod body {
    use super::*;

    fn poll(body: &mut ScriptedBody) -> Poll<Option<String>> {
        let frame = std::pin::Pin::new(body).poll_frame(&mut noop());
        frame.map(|frame| {
            Some(match frame? {
                Ok(frame) if frame.is_trailers() => "trailers".to_owned(),
                Ok(frame) => String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap(),
                Err(error) => format!("error: {error}"),
            })
        })
    }

    fn some(text: &str) -> Poll<Option<String>> {
        Poll::Ready(Some(text.to_owned()))
    }

    #[test]
    fn the_steps_are_played_in_order() {
        let trailers = Step::trailers(HeaderMap::new());
        let mut body =
            ScriptedBody::new([Step::data("a"), Step::Pending, Step::data("b"), trailers]);
        let watch = body.handle();
        assert_eq!(poll(&mut body), some("a"));
        assert_eq!(poll(&mut body), Poll::Pending);
        assert_eq!(poll(&mut body), some("b"));
        assert_eq!(poll(&mut body), some("trailers"));
        assert!(!body.is_end_stream());
        assert_eq!((watch.polls(), watch.polls_at_end()), (4, 0));
        assert_eq!(poll(&mut body), Poll::Ready(None));
        assert_eq!((watch.polls(), watch.polls_at_end()), (5, 1));
    }

    #[test]
    fn an_error_ends_it() {
        let mut body = ScriptedBody::new([Step::error("reset"), Step::data("never")]);
        assert_eq!(poll(&mut body), some("error: reset"));
        assert_eq!(poll(&mut body), Poll::Ready(None));
    }

    #[test]
    fn silence_does_not_wake_and_does_not_end() {
        let body = ScriptedBody::new([Step::Silence]);
        let mut body = task::spawn(body);
        for _ in 0..2 {
            let polled = body.enter(|cx, body| body.poll_frame(cx).is_pending());
            assert!(polled && !body.is_woken());
        }
    }

    #[test]
    fn the_end_is_known_only_where_that_was_asked_for() {
        let mut plain = ScriptedBody::new([Step::data("abc")]);
        let mut known = ScriptedBody::new([Step::data("abc")]).end_known().exact_size();
        assert_eq!((plain.size_hint().exact(), known.size_hint().exact()), (None, Some(3)));
        assert!(!known.is_end_stream());
        assert_eq!((poll(&mut plain), poll(&mut known)), (some("abc"), some("abc")));
        assert!(known.is_end_stream() && !plain.is_end_stream());
        assert_eq!(known.size_hint().exact(), Some(0));
        assert!(ScriptedBody::new([]).end_known().is_end_stream());
    }

    #[tokio::test]
    async fn its_drop_is_seen() {
        let body = ScriptedBody::new([Step::data("a")]);
        let watch = body.handle();
        assert!(!watch.is_dropped());
        assert_eq!(body.collect().await.unwrap().to_bytes(), Bytes::from("a"));
        assert!(watch.is_dropped());
    }
}

mod drops {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn every_await_is_visited_by_the_clock_too() {
        let nap = || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        let mut seen = Vec::new();
        assert_eq!(drop_at_every_await(nap, |polls| seen.push(polls)).await, 3);
        assert_eq!(seen, [0, 1, 1, 2, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wake_from_elsewhere_is_no_poll() {
        // The first await wakes its task when it is dropped; the second must still last its second.
        let start = tokio::time::Instant::now();
        let nap = || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
        };
        assert_eq!(drop_at_every_await(nap, |_| {}).await, 3);
        // All but the runs that are dropped at their first poll sleep: after 1, 2, 2 and 3 polls.
        assert_eq!(start.elapsed().as_secs(), 4);
    }

    #[tokio::test]
    async fn a_future_that_is_ready_at_once_takes_one_poll() {
        let mut checks = 0;
        assert_eq!(drop_at_every_await(|| async {}, |_| checks += 1).await, 1);
        assert_eq!(checks, 2);
    }

    #[tokio::test]
    async fn a_leak_is_found_where_it_is() {
        // Holds a permit across the second await and forgets it there.
        let leaked = std::cell::Cell::new(0);
        let leaky = || async {
            tokio::task::yield_now().await;
            leaked.set(leaked.get() + 1);
            tokio::task::yield_now().await;
            leaked.set(leaked.get() - 1);
        };
        let mut found = Vec::new();
        drop_at_every_await(leaky, |polls| {
            if leaked.replace(0) != 0 {
                found.push(polls);
            }
        })
        .await;
        assert_eq!(found, [2, 2]);
    }

    #[tokio::test]
    async fn what_was_given_but_not_yet_taken_is_visited() {
        // A permit that is handed over by the wake itself.
        let (service, handle) = inner::<(), (), ()>();
        let mut dropped = Vec::new();
        let make = || {
            let mut service = service.clone();
            let answer = service.call(());
            let call = handle.try_next_call().unwrap();
            tokio::spawn(async move { call.respond(()) });
            answer
        };
        drop_at_every_await(make, |polls| dropped.push(polls)).await;
        assert_eq!(dropped, [0, 1, 1, 2]);
    }
}

#[test]
fn the_kit_itself_can_be_shared() {
    assert_send_sync_clone::<ProbeLayer>();
    assert_layer::<_, Canned<(), ()>>(&ProbeLayer::new());
    let (service, handle) = inner::<String, String, String>();
    assert_service(&Probe::new(service));
    assert_send(&handle.next_call());
    assert_send(&ScriptedBody::new([]));
}
