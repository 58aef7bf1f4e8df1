//! The gate under every interleaving of two or three threads.

#![cfg(loom)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use palisade_bulkhead::model::Model;

/// A gate, and a count of our own of what is inside.
struct Room {
    gate: Model,
    inside: AtomicU32,
    most: u32,
}

impl Room {
    fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { gate: Model::new(limit), inside: AtomicU32::new(0), most: limit })
    }

    /// In and out again, never more than fit.
    fn stay(&self, units: u32) {
        let before = self.inside.fetch_add(units, Ordering::Relaxed);
        assert!(before + units <= self.most, "{before} and {units} of {}", self.most);
        self.inside.fetch_sub(units, Ordering::Relaxed);
        self.gate.leave(units);
    }

    fn visit(&self, weight: u32) {
        let units = block_on(self.gate.wait(weight));
        self.stay(units);
    }

    fn visit_if_free(&self, weight: u32) {
        if let Some(units) = self.gate.enter(weight) {
            self.stay(units);
        }
    }

    /// Goes away after one poll.
    fn look_in(&self, weight: u32) {
        let mut waiting = pin!(self.gate.wait(weight));
        if let Poll::Ready(units) = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.stay(units);
        }
    }

    fn assert_empty(&self) {
        assert_eq!((self.gate.in_use(), self.gate.waiting()), (0, 0));
    }
}

/// Runs each in a thread of its own, in all orders; in the end nothing is taken, and nobody waits.
fn race<const N: usize>(limit: u32, each: [fn(&Room); N]) {
    loom::model(move || {
        let room = Room::new(limit);
        let threads = each.map(|work| {
            let room = Arc::clone(&room);
            thread::spawn(move || work(&room))
        });
        for thread in threads {
            thread.join().unwrap();
        }
        room.assert_empty();
    });
}

#[test]
fn two_who_wait_for_one_place_both_get_it() {
    race(1, [|room| room.visit(1), |room| room.visit(1)]);
}

#[test]
fn three_who_wait_for_one_place_all_get_it() {
    race(1, [|room| room.visit(1), |room| room.visit(1), |room| room.visit(1)]);
}

#[test]
fn who_does_not_wait_never_makes_two_of_one_place() {
    race(1, [|room| room.visit(1), |room| room.visit_if_free(1), |room| room.visit_if_free(1)]);
}

#[test]
fn a_heavy_call_gets_in_between_light_ones() {
    race(2, [|room| room.visit(2), |room| room.visit(1), |room| room.visit(1)]);
}

#[test]
fn who_goes_away_while_waiting_takes_nothing_along() {
    race(1, [|room| room.visit(1), |room| room.look_in(1), |room| room.visit(1)]);
}

#[test]
fn a_heavy_call_that_goes_away_lets_the_next_in() {
    race(2, [|room| room.visit(1), |room| room.look_in(2), |room| room.visit(1)]);
}

#[test]
fn a_limit_that_grows_lets_who_waits_in() {
    race(
        2,
        [
            |room| {
                room.gate.set_limit(0);
                room.gate.set_limit(2);
            },
            |room| room.visit(1),
            |room| room.visit(2),
        ],
    );
}

#[test]
fn a_limit_that_shrinks_loses_nobody() {
    race(2, [|room| room.gate.set_limit(1), |room| room.visit(2), |room| room.visit(1)]);
}

#[test]
fn a_turn_that_comes_while_its_owner_leaves_is_the_next_ones() {
    loom::model(|| {
        let room = Room::new(1);
        let units = room.gate.enter(1).unwrap();
        let other = {
            let room = Arc::clone(&room);
            thread::spawn(move || {
                room.look_in(1);
                room.visit(1);
            })
        };
        room.stay(units);
        other.join().unwrap();
        room.assert_empty();
    });
}
