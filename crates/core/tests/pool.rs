//! Pooled states: used again when nobody can refer to them any more, and not before.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use palisade_core::Name;
use palisade_core::pool::{Pool, Reuse};
use palisade_core::telemetry::{Counter, Meter, Schema};

#[derive(Debug)]
struct Word(AtomicU64);

impl Reuse for Word {
    type Seed = u64;

    fn make(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn renew(&self, seed: u64) {
        self.0.store(seed, Relaxed);
    }

    fn retire(&self) {
        self.0.fetch_add(1_000, Relaxed);
    }
}

impl Word {
    fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

const SCHEMA: Schema = Schema { layer: "pooled", series: &[] };
const PASSED: Counter = Counter::own(0);

fn meter() -> Meter {
    Meter::new(&SCHEMA, Name::default())
}

#[test]
fn a_state_is_used_again_once_its_layer_and_all_its_calls_have_ended() {
    static POOL: Pool<Word> = Pool::new();
    let first = meter();
    let word = POOL.take(&first, 1);
    let (state, ticket) = (word.get(), first.enter());
    drop(word);
    drop(first);
    assert_eq!(state.value(), 1_001, "it was retired");

    let second = meter();
    let other = POOL.take(&second, 2);
    assert!(!std::ptr::eq(other.get(), state), "a call still refers to the first");
    assert_eq!(state.value(), 1_001);

    ticket.close(PASSED);
    let third = POOL.take(&second, 3);
    assert!(std::ptr::eq(third.get(), state));
    assert_eq!((other.value(), third.value()), (2, 3));
}

#[test]
fn a_state_is_used_again_though_another_layer_has_its_row_and_calls_in_flight() {
    static POOL: Pool<Word> = Pool::new();
    let first = meter();
    let state = POOL.take(&first, 1).get();
    drop(first);
    // The row of the first meter goes to one of these.
    let meters: Vec<_> = (0..64).map(|_| meter()).collect();
    let _calls: Vec<_> = meters.iter().map(Meter::enter).collect();
    let again = POOL.take(&meters[0], 2);
    assert!(std::ptr::eq(again.get(), state));
}

#[test]
fn layers_made_one_after_another_need_one_state() {
    static POOL: Pool<Word> = Pool::new();
    let mut states = std::collections::BTreeSet::new();
    for seed in 0..1_000 {
        let meter = meter();
        let word = POOL.take(&meter, seed);
        states.insert(std::ptr::from_ref(word.get()) as usize);
        meter.enter().close(PASSED);
    }
    assert_eq!(states.len(), 1);
}
