//! The state machine under every interleaving of two or three threads.

#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use palisade_breaker::State;
use palisade_breaker::model::{Admitted, Circuit};
use palisade_core::Micros;

const START: Micros = Micros(100);
/// When the wait is over.
const LATER: Micros = Micros(110);

fn spawn<T: 'static>(
    circuit: &Arc<Circuit>,
    run: impl FnOnce(&Circuit) -> T + 'static,
) -> thread::JoinHandle<T> {
    let circuit = Arc::clone(circuit);
    thread::spawn(move || run(&circuit))
}

fn opened(probes: u32, close_after: u32) -> Arc<Circuit> {
    let circuit = Circuit::new(probes, close_after);
    let call = circuit.admit(START).unwrap();
    assert!(circuit.trip(call, START));
    Arc::new(circuit)
}

#[test]
fn of_three_that_see_the_window_fail_one_opens_it() {
    loom::model(|| {
        let circuit = Arc::new(Circuit::new(1, 1));
        let fail =
            |circuit: &Circuit| circuit.admit(START).is_some_and(|call| circuit.trip(call, START));
        let others = [spawn(&circuit, fail), spawn(&circuit, fail)];
        let mut trips = u32::from(fail(&circuit));
        for other in others {
            trips += u32::from(other.join().unwrap());
        }
        assert_eq!((trips, circuit.state(), circuit.generation()), (1, State::Open, 1));
    });
}

#[test]
fn as_many_calls_try_as_there_are_probes() {
    loom::model(|| {
        let circuit = opened(2, 3);
        let admit = |circuit: &Circuit| circuit.admit(LATER);
        let others = [spawn(&circuit, admit), spawn(&circuit, admit)];
        let mut admitted: Vec<Admitted> = admit(&circuit).into_iter().collect();
        for other in others {
            admitted.extend(other.join().unwrap());
        }
        assert_eq!(admitted.len(), 2);
        assert!(admitted.into_iter().all(Admitted::is_probe));
    });
}

#[test]
fn a_place_that_is_given_back_is_taken_once() {
    loom::model(|| {
        let circuit = opened(1, 3);
        let probe = circuit.admit(LATER).unwrap();
        let admit = |circuit: &Circuit| circuit.admit(LATER).is_some();
        let settle = spawn(&circuit, move |circuit| circuit.probed(probe, true, LATER));
        let other = spawn(&circuit, admit);
        let here = admit(&circuit);
        assert_eq!(settle.join().unwrap(), None);
        let there = other.join().unwrap();
        assert!(!(here && there), "one place");
    });
}

#[test]
fn probes_that_end_together_close_it_once() {
    loom::model(|| {
        let circuit = opened(2, 2);
        let (one, two) = (circuit.admit(LATER).unwrap(), circuit.admit(LATER).unwrap());
        let other = spawn(&circuit, move |circuit| circuit.probed(one, true, LATER));
        let here = circuit.probed(two, true, LATER);
        let there = other.join().unwrap();
        assert!(matches!((here, there), (Some(State::Closed), None) | (None, Some(State::Closed))));
    });
}

#[test]
fn of_a_success_that_closes_it_and_a_failure_that_opens_it_one_wins() {
    loom::model(|| {
        let circuit = opened(2, 1);
        let (one, two) = (circuit.admit(LATER).unwrap(), circuit.admit(LATER).unwrap());
        let other = spawn(&circuit, move |circuit| circuit.probed(one, true, LATER));
        let here = circuit.probed(two, false, LATER);
        let there = other.join().unwrap();
        let expected = match (here, there) {
            (Some(State::Open), None) => State::Open,
            (None, Some(State::Closed)) => State::Closed,
            both => panic!("{both:?}"),
        };
        assert_eq!((circuit.state(), circuit.generation()), (expected, 3));
    });
}

#[test]
fn a_late_result_changes_nothing_beside_a_change_by_hand() {
    loom::model(|| {
        let circuit = opened(1, 1);
        let probe = circuit.admit(LATER).unwrap();
        let other = spawn(&circuit, |circuit| circuit.force_open(LATER));
        let closed = circuit.probed(probe, true, LATER);
        assert!(other.join().unwrap());
        assert!(matches!(closed, None | Some(State::Closed)));
        assert_eq!(circuit.state(), State::ForcedOpen, "by hand is last in either order");
    });
}

#[test]
fn a_call_of_before_opens_nothing_that_was_closed_by_hand() {
    loom::model(|| {
        let circuit = Arc::new(Circuit::new(1, 1));
        let call = circuit.admit(START).unwrap();
        let other = spawn(&circuit, |circuit| circuit.force_close(START));
        let tripped = circuit.trip(call, START);
        other.join().unwrap();
        assert_eq!(circuit.state(), State::Closed);
        assert_eq!(circuit.generation(), if tripped { 2 } else { 1 });
        assert!(!circuit.trip(call, START), "too late");
    });
}
