//! The gate beside a model too simple to be wrong: a list of who is in, and a list of who waits.

#![expect(clippy::panic, reason = "a test's helpers are tests, too")]

mod scripted;

use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;

use palisade_bulkhead::{Acquire, Bulkhead, Permit};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use tokio_test::task::{self, Spawn};

#[derive(Clone, Debug)]
enum Step {
    /// Wants in, and does not wait.
    Try(u32),
    /// Wants in, and waits.
    Wait(u32),
    /// One of those who are in leaves.
    Leave(usize),
    /// One of those who wait goes away.
    Forsake(usize),
    /// One of those who wait looks whether it is its turn.
    Poll(usize),
    Resize(u32),
    Requeue(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let weight = prop_oneof![4 => 1..3_u32, 1 => 0..9_u32];
    prop_oneof![
        2 => weight.clone().prop_map(Step::Try),
        4 => weight.prop_map(Step::Wait),
        4 => any::<usize>().prop_map(Step::Leave),
        1 => any::<usize>().prop_map(Step::Forsake),
        2 => any::<usize>().prop_map(Step::Poll),
        1 => (0..6_u32).prop_map(Step::Resize),
        1 => (0..6_u32).prop_map(Step::Requeue),
    ]
}

/// The model.
#[derive(Debug)]
struct Room {
    limit: u32,
    queued: usize,
    inside: Vec<u32>,
    waiting: VecDeque<(usize, u32)>,
    /// Those who came in from the queue, and with how much.
    came: Vec<(usize, u32)>,
}

impl Room {
    fn in_use(&self) -> u32 {
        self.inside.iter().sum::<u32>() + self.came.iter().map(|(_, units)| units).sum::<u32>()
    }

    /// What a call of this weight takes, if it fits.
    fn fits(&self, weight: u32) -> Option<u32> {
        let units = weight.min(self.limit);
        (weight == 0 || (self.limit > 0 && self.in_use() + units <= self.limit)).then_some(units)
    }

    fn enter(&self, weight: u32) -> Option<u32> {
        if weight > 0 && !self.waiting.is_empty() { None } else { self.fits(weight) }
    }

    fn settle(&mut self) {
        while let Some(&(who, weight)) = self.waiting.front()
            && let Some(units) = self.fits(weight)
        {
            self.waiting.pop_front();
            self.came.push((who, units));
        }
    }
}

/// One who waits, or has its turn and does not know it.
struct Waiter {
    who: usize,
    acquire: Spawn<Acquire>,
}

fn play(limit: u32, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let bulkhead = Bulkhead::new(limit).max_queued(2).max_wait(Duration::MAX);
    let handle = bulkhead.handle();
    let mut room =
        Room { limit, queued: 2, inside: vec![], waiting: VecDeque::new(), came: vec![] };
    let (mut permits, mut waiters): (Vec<Permit>, Vec<Waiter>) = (vec![], vec![]);
    for (now, step) in steps.into_iter().enumerate() {
        match step {
            Step::Try(weight) => {
                let expected = room.enter(weight);
                let permit = bulkhead.try_acquire_many(weight);
                prop_assert_eq!(permit.is_ok(), expected.is_some());
                permits.extend(permit);
                room.inside.extend(expected);
            }
            Step::Wait(weight) => {
                let mut acquire = task::spawn(bulkhead.acquire_many(weight));
                let polled = acquire.poll();
                if let Some(units) = room.enter(weight) {
                    let Poll::Ready(Ok(permit)) = polled else { panic!("{polled:?}") };
                    permits.push(permit);
                    room.inside.push(units);
                } else if room.waiting.len() >= room.queued {
                    prop_assert!(matches!(polled, Poll::Ready(Err(_))), "{:?}", polled);
                } else {
                    prop_assert!(polled.is_pending());
                    waiters.push(Waiter { who: now, acquire });
                    room.waiting.push_back((now, weight));
                }
            }
            Step::Leave(at) if !permits.is_empty() => {
                let at = at % permits.len();
                drop(permits.remove(at));
                room.inside.remove(at);
            }
            Step::Forsake(at) if !waiters.is_empty() => {
                let at = at % waiters.len();
                let who = waiters.remove(at).who;
                room.waiting.retain(|waiter| waiter.0 != who);
                room.came.retain(|came| came.0 != who);
            }
            Step::Poll(at) if !waiters.is_empty() => {
                let at = at % waiters.len();
                let Waiter { who, acquire } = &mut waiters[at];
                let came = room.came.iter().position(|came| came.0 == *who);
                prop_assert_eq!(acquire.is_woken(), came.is_some(), "woken when it is its turn");
                match (acquire.poll(), came) {
                    (Poll::Ready(Ok(permit)), Some(came)) => {
                        permits.push(permit);
                        room.inside.push(room.came.remove(came).1);
                        waiters.remove(at);
                    }
                    (Poll::Pending, None) => {}
                    other => panic!("{other:?}"),
                }
            }
            Step::Resize(limit) => {
                handle.set_max_concurrent(limit);
                room.limit = limit;
            }
            Step::Requeue(queued) => {
                handle.set_max_queued(queued);
                room.queued = queued as usize;
            }
            Step::Leave(_) | Step::Forsake(_) | Step::Poll(_) => {}
        }
        room.settle();
        let expected = (u64::from(room.in_use()), room.waiting.len() as u64);
        prop_assert_eq!(scripted::load(&handle), expected, "after step {}", now);
    }
    drop((permits, waiters));
    prop_assert_eq!(scripted::load(&handle), (0, 0));
    Ok(())
}

#[test]
fn it_does_what_a_list_of_who_is_in_and_a_list_of_who_waits_would() {
    let cases = Config {
        cases: 2_000,
        rng_seed: RngSeed::Fixed(0x9a7e),
        failure_persistence: None,
        ..Config::default()
    };
    proptest!(cases, |(limit in 0..6_u32, steps in prop::collection::vec(step(), 1..80))| {
        play(limit, steps)?;
    });
}
