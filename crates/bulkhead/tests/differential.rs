//! Backpressure beside tower's `ConcurrencyLimit`: the same operations, the same answers.

use std::task::{Context, Poll, Waker};

use palisade_bulkhead::{Backpressure, BulkheadLayer};
use palisade_core::respond::Plain;
use palisade_core::test::{Inner, InnerHandle, inner};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use tokio_test::task::{self, Spawn};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service};

#[derive(Clone, Debug)]
enum Step {
    PollReady(usize),
    /// Calls, if the last poll of this instance said that it is ready.
    Call(usize),
    /// The oldest call under way completes.
    Complete,
    Poll(usize),
    DropCall(usize),
    Clone(usize),
    DropService(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    prop_oneof![
        6 => any().prop_map(Step::PollReady),
        6 => any().prop_map(Step::Call),
        2 => Just(Step::Complete),
        3 => any().prop_map(Step::Poll),
        1 => any().prop_map(Step::DropCall),
        2 => any().prop_map(Step::Clone),
        1 => any().prop_map(Step::DropService),
    ]
}

type Scripted = Inner<u32, u32, ()>;

/// The instances of a service, the calls under way, and what they are answered with.
struct Side<S: Service<u32>> {
    services: Vec<(Spawn<()>, S, bool)>,
    calls: Vec<Spawn<S::Future>>,
    script: InnerHandle<u32, u32, ()>,
}

impl<S: Service<u32> + Clone> Side<S> {
    fn new(service: S, script: InnerHandle<u32, u32, ()>) -> Self {
        Self { services: vec![(task::spawn(()), service, false)], calls: vec![], script }
    }

    /// What is seen of a step: whether somebody was ready, called, answered, woken.
    fn play(&mut self, step: &Step) -> Vec<bool> {
        let (services, calls) = (self.services.len(), self.calls.len());
        match *step {
            Step::PollReady(at) if services > 0 => {
                let (task, service, ready) = &mut self.services[at % services];
                *ready = task.enter(|cx, _| service.poll_ready(cx)).is_ready();
            }
            Step::Call(at) if services > 0 => {
                let (_, service, ready) = &mut self.services[at % services];
                if *ready {
                    *ready = false;
                    self.calls.push(task::spawn(service.call(0)));
                }
            }
            Step::Complete => {
                if let Some(call) = self.script.try_next_call() {
                    call.respond(0);
                }
            }
            // One that is done is dropped at once, since tower gives the place back only then.
            Step::Poll(at) if calls > 0 && self.calls[at % calls].poll().is_ready() => {
                drop(self.calls.remove(at % calls));
            }
            Step::DropCall(at) if calls > 0 => drop(self.calls.remove(at % calls)),
            Step::Clone(at) if services > 0 => {
                let clone = self.services[at % services].1.clone();
                self.services.push((task::spawn(()), clone, false));
            }
            Step::DropService(at) if services > 1 => drop(self.services.remove(at % services)),
            _ => {}
        }
        let ready = self.services.iter().map(|(_, _, ready)| *ready);
        let woken = self.services.iter().map(|(task, _, _)| task.is_woken());
        ready.chain(woken).chain(self.calls.iter().map(Spawn::is_woken)).collect()
    }
}

fn ours(limit: u32) -> Side<Backpressure<Scripted, Plain>> {
    let (service, script) = inner();
    Side::new(BulkheadLayer::new(limit).backpressure().plain().layer(service), script)
}

fn towers(limit: u32) -> Side<ConcurrencyLimit<Scripted>> {
    let (service, script) = inner();
    Side::new(ConcurrencyLimit::new(service, limit as usize), script)
}

#[test]
fn it_answers_as_towers_limit_does() {
    let cases = Config {
        cases: 2_000,
        rng_seed: RngSeed::Fixed(0x70e7),
        failure_persistence: None,
        ..Config::default()
    };
    proptest!(cases, |(limit in 1..4_u32, steps in prop::collection::vec(step(), 1..80))| {
        let (mut ours, mut towers) = (ours(limit), towers(limit));
        for (at, step) in steps.iter().enumerate() {
            prop_assert_eq!(ours.play(step), towers.play(step), "after step {}: {:?}", at, step);
        }
    });
}

#[test]
fn where_it_differs_a_completed_future_that_is_kept_holds_no_place() {
    let mut service = {
        let (service, script) = inner::<u32, u32, ()>();
        (BulkheadLayer::new(1).backpressure().plain().layer(service), script)
    };
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.0.poll_ready(&mut cx).is_ready());
    let mut answer = task::spawn(service.0.call(0));
    assert!(answer.poll().is_pending());
    service.1.try_next_call().unwrap().respond(7);
    assert_eq!(answer.poll(), Poll::Ready(Ok(7)));
    assert!(service.0.poll_ready(&mut cx).is_ready());
    drop(answer);
}
