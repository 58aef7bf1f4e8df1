//! Something of its own for each key: bounded, and never taken from who holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use palisade_core::keyed::{Keyed, Resident};
use palisade_core::store::Place;
use palisade_core::{Key, Micros};

/// As good as new from this time on.
struct Until(AtomicU64);

impl Resident for Until {
    fn inert_at(&self) -> Micros {
        Micros(self.0.load(Relaxed))
    }
}

fn until(at: u64) -> impl FnOnce(Place) -> Until {
    move |_| Until(AtomicU64::new(at))
}

const NOW: Micros = Micros(1_000_000_000);
const NEVER: u64 = u64::MAX;

#[test]
fn a_key_finds_its_own_again_and_nobody_elses() {
    let keyed = Keyed::new(10);
    let alice = keyed.get(&Key::from("alice"), NOW, until(NEVER));
    let bob = keyed.get(&Key::from("bob"), NOW, until(NEVER));
    assert!(Arc::ptr_eq(&alice, &keyed.get(&Key::from("alice"), NOW, until(NEVER))));
    assert!(!Arc::ptr_eq(&alice, &bob));
    assert_eq!((keyed.len(), keyed.overflowed()), (2, 0));
}

#[test]
fn keys_without_a_place_share_one() {
    let keyed = Keyed::new(2);
    for key in 0..2_u64 {
        keyed.get(&key.into(), NOW, until(NEVER));
    }
    let mut places = Vec::new();
    let mut shared = |key: u64| {
        keyed.get(&key.into(), NOW, |place| {
            places.push(place);
            Until(AtomicU64::new(NEVER))
        })
    };
    let (third, fourth) = (shared(2), shared(3));
    assert!(Arc::ptr_eq(&third, &fourth));
    assert_eq!(places, [Place::Overflow], "it is made once");
    assert_eq!((keyed.len(), keyed.overflowed()), (2, 2));

    let mut seen = Vec::new();
    keyed.each(|_, place| seen.push(place));
    assert_eq!(seen, [Place::Own, Place::Own, Place::Overflow]);
}

#[test]
fn who_is_as_good_as_new_gives_way_but_not_while_somebody_holds_it() {
    let keyed = Keyed::new(1);
    let held = keyed.get(&Key::from("held"), NOW, until(0));
    keyed.get(&Key::from("late"), NOW, until(NEVER));
    assert_eq!((keyed.len(), keyed.evicted(), keyed.overflowed()), (1, 0, 1));

    drop(held);
    let late = keyed.get(&Key::from("late"), NOW, until(NEVER));
    assert_eq!(late.inert_at(), Micros::MAX);
    assert_eq!((keyed.len(), keyed.evicted(), keyed.overflowed()), (1, 1, 1));
}
