use std::future::{pending, poll_fn};
use std::sync::atomic::AtomicUsize;

use super::*;

/// A task that is polled by hand.
struct Task {
    wait: Wait<u8>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Task {
    fn of(flight: &Arc<Flight<u8>>) -> Self {
        Self { wait: flight.wait(), woken: Arc::default() }
    }

    fn poll(&mut self) -> Poll<Option<u8>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        Pin::new(&mut self.wait).poll(&mut Context::from_waker(&waker))
    }

    /// How often it was woken since it was last asked.
    fn woken(&self) -> usize {
        self.woken.0.swap(0, Ordering::SeqCst)
    }
}

/// A future that is ready once it has been given a value, and keeps its waker.
#[derive(Clone, Default)]
struct Door(Arc<Mutex<(Option<u8>, Option<Waker>)>>);

impl Door {
    fn flight(&self) -> Arc<Flight<u8>> {
        let Self(state) = self.clone();
        Flight::new(poll_fn(move |cx| {
            let mut state = state.lock();
            state.1 = Some(cx.waker().clone());
            state.0.map_or(Poll::Pending, Poll::Ready)
        }))
    }

    fn open(&self, value: u8) {
        let waker = {
            let mut state = self.0.lock();
            state.0 = Some(value);
            state.1.take()
        };
        waker.expect("somebody polled it").wake();
    }
}

#[test]
fn all_who_wait_are_woken_and_told() {
    let door = Door::default();
    let flight = door.flight();
    let (mut one, mut other) = (Task::of(&flight), Task::of(&flight));
    assert!(one.poll().is_pending() && other.poll().is_pending());
    door.open(7);
    assert_eq!((one.woken(), other.woken()), (1, 1));
    assert_eq!(other.poll(), Poll::Ready(Some(7)));
    assert_eq!(one.poll(), Poll::Ready(Some(7)));
    assert_eq!(Task::of(&flight).poll(), Poll::Ready(Some(7)), "who comes later");
}

#[test]
fn who_goes_away_takes_nothing_along() {
    let door = Door::default();
    let flight = door.flight();
    let (mut one, mut other) = (Task::of(&flight), Task::of(&flight));
    assert!(one.poll().is_pending() && other.poll().is_pending());
    drop(one);
    door.open(7);
    assert_eq!((other.woken(), other.poll()), (1, Poll::Ready(Some(7))));
    drop(other);
    assert!(flight.is_alone());
}

#[test]
fn who_was_woken_while_another_polled_is_woken_again() {
    // Polled by one, it wakes them both, and the other one comes before it is put back.
    let meanwhile: Arc<Mutex<Option<Task>>> = Arc::default();
    let flight = Flight::new(poll_fn({
        let meanwhile = Arc::clone(&meanwhile);
        let mut polls = 0;
        move |cx| {
            polls += 1;
            if polls == 2 {
                cx.waker().wake_by_ref();
                let mut other = meanwhile.lock().take().expect("it is there");
                assert_eq!(other.woken(), 1);
                assert!(other.poll().is_pending());
                *meanwhile.lock() = Some(other);
            }
            if polls < 3 { Poll::Pending } else { Poll::Ready(7) }
        }
    }));
    let (mut one, mut other) = (Task::of(&flight), Task::of(&flight));
    assert!(other.poll().is_pending());
    *meanwhile.lock() = Some(other);
    assert!(one.poll().is_pending());
    drop(one);
    let mut other = meanwhile.lock().take().expect("it is there");
    assert_eq!((other.woken(), other.poll()), (1, Poll::Ready(Some(7))));
}

#[test]
fn what_is_given_up_is_told_to_all() {
    let flight = Flight::new(pending());
    let (mut one, mut other) = (Task::of(&flight), Task::of(&flight));
    assert!(one.poll().is_pending() && other.poll().is_pending());
    flight.give_up();
    assert_eq!((one.woken(), other.woken()), (1, 1));
    assert_eq!((one.poll(), other.poll()), (Poll::Ready(None), Poll::Ready(None)));
}

#[test]
fn a_panic_of_who_polls_it_is_told_to_the_others() {
    let flight = Flight::new(poll_fn({
        let mut polls = 0;
        move |_| {
            polls += 1;
            assert!(polls < 2, "the second poll");
            Poll::Pending
        }
    }));
    let (mut one, mut other) = (Task::of(&flight), Task::of(&flight));
    assert!(other.poll().is_pending());
    let poll = std::panic::AssertUnwindSafe(|| one.poll());
    assert!(std::panic::catch_unwind(poll).is_err());
    assert_eq!((other.woken(), other.poll()), (1, Poll::Ready(None)));
}
