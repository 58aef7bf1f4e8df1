//! Windows under every interleaving of two or three threads.

#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use palisade_breaker::model::{Calls, Times};
use palisade_core::Micros;

fn spawn<W: Send + Sync + 'static>(
    window: &Arc<W>,
    run: impl FnOnce(&W) + 'static,
) -> thread::JoinHandle<()> {
    let window = Arc::clone(window);
    thread::spawn(move || run(&window))
}

/// What is left in a full ring when all threads are done, whoever overtook whom.
fn full(window: &Calls, size: u32) -> u64 {
    let counts = window.counts();
    assert_eq!(counts[0], u64::from(size), "{counts:?}");
    assert_eq!(window.resized(size).counts(), counts, "the counts are those of the places");
    counts[1]
}

#[test]
fn counts_are_those_of_the_places() {
    loom::model(|| {
        let window = Arc::new(Calls::new(2));
        let others = [
            spawn(&window, |window: &Calls| window.strain(true, false)),
            spawn(&window, |window: &Calls| window.succeed()),
        ];
        window.strain(true, true);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(full(&window, 2) >= 1);
    });
}

#[test]
fn a_ring_of_one_place_holds_one_call() {
    loom::model(|| {
        let window = Arc::new(Calls::new(1));
        let other = spawn(&window, |window: &Calls| {
            window.strain(true, false);
            window.succeed();
        });
        window.strain(true, true);
        other.join().unwrap();
        assert!(full(&window, 1) <= 1);
    });
}

#[test]
fn it_is_never_calm_with_a_failure_in_it() {
    loom::model(|| {
        let window = Arc::new(Calls::new(2));
        window.succeed();
        window.succeed();
        assert!(window.is_calm());
        let other = spawn(&window, |window: &Calls| window.strain(true, false));
        window.succeed();
        window.succeed();
        other.join().unwrap();
        if window.is_calm() {
            assert_eq!(window.counts(), [2, 0, 0]);
        }
        // Two more push out whatever there is.
        window.succeed();
        window.succeed();
        assert_eq!(full(&window, 2), 0);
    });
}

#[test]
fn who_fails_while_others_succeed_is_looked_at() {
    loom::model(|| {
        let window = Arc::new(Calls::new(3));
        (0..3).for_each(|_| window.succeed());
        let others = [
            spawn(&window, |window: &Calls| window.strain(true, false)),
            spawn(&window, |window: &Calls| window.succeed()),
        ];
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(full(&window, 3), 1);
        assert!(!window.is_calm());
    });
}

#[test]
fn a_bucket_that_two_come_upon_is_begun_once_and_loses_no_call() {
    loom::model(|| {
        let window = Arc::new(Times::new(Micros(100)));
        window.end(Micros(1), true);
        let end = |now| move |window: &Times| _ = window.end(Micros(now), true);
        let other = spawn(&window, end(11));
        window.end(Micros(11), true);
        other.join().unwrap();
        assert_eq!(window.counts(), [3, 3, 0]);
    });
}

#[test]
fn who_looks_while_the_window_moves_sees_it_before_or_after() {
    loom::model(|| {
        let window = Arc::new(Times::new(Micros(100)));
        (0..4).for_each(|_| _ = window.end(Micros(1), true));
        // The four fall out, one comes.
        let other = spawn(&window, |window: &Times| _ = window.end(Micros(101), true));
        let [calls, failures, _] = window.counts();
        assert!(calls == failures && matches!(calls, 4 | 0 | 1), "{calls}");
        other.join().unwrap();
        assert_eq!(window.counts(), [1, 1, 0]);
    });
}
