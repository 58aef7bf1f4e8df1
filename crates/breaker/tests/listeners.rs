//! Who is told of changes, and when.

mod support;

use std::sync::Arc;

use palisade_breaker::{Breaker, Cause, Event, State};
use parking_lot::Mutex;
use support::{breaker, edge, fail, seconds, state, succeed, touchy};

/// The same breaker, and what it tells.
fn listening(breaker: Breaker) -> (Breaker, Arc<Mutex<Vec<Event>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    (breaker.on_state_change(move |event| hears.lock().push(event.clone())), heard)
}

#[test]
fn each_change_is_told_once_with_its_cause_and_its_wait() {
    let (breaker, clock) = touchy();
    let (breaker, heard) = listening(breaker.name("db").close_after(1));
    fail(&breaker, 1);
    clock.advance(seconds(5));
    fail(&breaker, 1);
    clock.advance(seconds(10));
    succeed(&breaker, 1);
    let handle = breaker.handle();
    handle.force_close();
    handle.force_open();
    handle.force_open();
    handle.force_close();
    let heard = heard.lock();
    let edges: Vec<_> = heard.iter().map(edge).collect();
    use State::{Closed, ForcedOpen, HalfOpen, Open};
    assert_eq!(
        edges,
        [
            (Closed, Open, Some(seconds(5))),
            (Open, HalfOpen, None),
            (HalfOpen, Open, Some(seconds(10))),
            (Open, HalfOpen, None),
            (HalfOpen, Closed, None),
            (Closed, ForcedOpen, None),
            (ForcedOpen, Closed, None),
        ]
    );
    let causes: Vec<_> = heard.iter().filter_map(|event| event.cause).collect();
    assert_eq!(
        causes,
        [Cause::InARow { calls: 1 }, Cause::Probes { calls: 1, of: 1 }, Cause::Forced]
    );
    assert!(heard.windows(2).all(|pair| pair[0].generation < pair[1].generation));
    assert!(heard.iter().all(|event| event.name == "db" && event.key.is_none()));
    assert_eq!(
        heard[0].to_string(),
        r#"circuit "db" is open, was closed: 1 calls failed in a row"#
    );
    assert_eq!(heard[4].to_string(), r#"circuit "db" is closed, was half-open"#);
    assert_eq!(heard[6].at, clock.clock().now());
}

#[test]
fn a_listener_may_do_with_the_breaker_what_it_likes() {
    let (breaker, clock) = touchy();
    let breaker = breaker.name("db");
    let own: Arc<Mutex<Option<Breaker>>> = Arc::default();
    let mine = Arc::clone(&own);
    let breaker = breaker.probes(1).on_state_change(move |event| {
        let Some(breaker) = mine.lock().clone() else { return };
        let handle = breaker.handle();
        assert_eq!(handle.snapshot().state, event.to);
        handle.update(|settings| settings.minimum_calls += 1);
        assert!(handle.keys().is_empty());
        let _ = handle.subscribe();
        if event.to == State::Open {
            assert!(breaker.try_acquire().is_err());
        }
        if event.to == State::HalfOpen {
            // Who tells has its place, so that there is none for us.
            assert!(breaker.try_acquire().is_err());
        }
        if event.to == State::Closed && event.from == State::HalfOpen {
            // Told while it is told.
            mine.lock().take();
            handle.force_open();
        }
    });
    *own.lock() = Some(breaker.clone());
    fail(&breaker, 1);
    clock.advance(seconds(5));
    succeed(&breaker, 1);
    assert_eq!(state(&breaker), State::ForcedOpen);
    assert_eq!(breaker.handle().snapshot().settings.minimum_calls, 23);
}

#[test]
fn a_listener_that_panics_harms_nobody() {
    let (breaker, clock) = touchy();
    let breaker = breaker.probes(1).on_state_change(|_| panic!("as told"));
    let mut events = breaker.handle().subscribe();
    fail(&breaker, 1);
    clock.advance(seconds(5));
    // Even while its thread unwinds already.
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _probe = breaker.try_acquire().expect("it may try");
        panic!("as told");
    }));
    assert!(unwound.is_err());
    assert_eq!((state(&breaker), breaker.handle().snapshot().in_flight), (State::Open, 0));
    assert_eq!(std::iter::from_fn(|| events.try_next()).count(), 3);
}

#[test]
fn a_load_signal_that_panics_is_no_load() {
    let (breaker, _) = breaker();
    let breaker = breaker.minimum_calls(2).load_signal(|| panic!("as told"));
    fail(&breaker, 1);
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _call = breaker.try_acquire().expect("calls pass");
        panic!("as told");
    }));
    assert!(unwound.is_err());
    assert_eq!(state(&breaker), State::Open);
}

#[test]
fn subscribers_hear_of_what_comes_after_them_and_know_what_they_have_missed() {
    let (breaker, _) = touchy();
    let handle = breaker.handle();
    handle.force_open();
    let (mut early, mut late) = (handle.subscribe(), handle.subscribe());
    handle.force_close();
    assert_eq!(early.try_next().map(|event| event.to), Some(State::Closed));
    assert_eq!(early.try_next(), None);
    for _ in 0..50 {
        handle.force_open();
        handle.force_close();
    }
    let heard: Vec<_> = std::iter::from_fn(|| late.try_next()).collect();
    assert_eq!((heard.len(), late.missed()), (64, 37));
    let generations: Vec<_> = heard.iter().map(|event| event.generation).collect();
    let last = generations[63];
    assert_eq!(generations, (last - 63..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_subscription_ends_with_the_breaker_even_if_a_call_outlives_it() {
    let (breaker, _) = touchy();
    let mut events = breaker.handle().subscribe();
    let call = breaker.try_acquire().unwrap();
    breaker.handle().force_open();
    drop(breaker);
    assert_eq!(events.next().await.map(|event| event.to), Some(State::ForcedOpen));
    assert_eq!(events.next().await, None);
    call.failure();
    assert_eq!(events.try_next(), None);
}

#[test]
fn a_fork_has_subscribers_of_its_own() {
    let (breaker, _) = touchy();
    let mut events = breaker.handle().subscribe();
    let other = breaker.clone().minimum_calls(3);
    fail(&other, 1);
    assert_eq!((state(&breaker), events.try_next()), (State::Closed, None));
}
