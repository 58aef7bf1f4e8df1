//! States in memory: as many as there may be, and the right ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome};
use palisade_core::store::{Entry, Table};

mod support;

use support::window::{Used, WINDOW, Window, mixed};

const ONE: Window = Window { most: 1 };
const START: Micros = Micros(1_000);

fn passes(table: &Table<Used>, key: u64, now: Micros) -> bool {
    table.one(&ONE.of(key), now, Op::Decide).allowed
}

/// How many of `keys` pass.
fn passing(table: &Table<Used>, keys: impl IntoIterator<Item = u64>, now: Micros) -> usize {
    keys.into_iter().filter(|&key| passes(table, mixed(key), now)).count()
}

#[test]
fn each_key_has_a_limit_of_its_own() {
    let table = Table::new(10);
    assert!(table.is_empty());
    assert!(passes(&table, 1, START) && passes(&table, 2, START));
    assert!(!passes(&table, 1, START) && !passes(&table, 2, START));
    assert_eq!(table.len(), 2);
    assert!(passes(&table, 1, START + WINDOW), "in the next window");
}

#[test]
fn what_leaves_a_key_as_good_as_new_takes_no_place() {
    let table = Table::new(10);
    let peek = table.one(&ONE.units(1, 0), START, Op::Decide);
    assert!(peek.allowed && peek.remaining() == 1);
    assert!(!table.one(&ONE.units(2, 2), START, Op::Decide).allowed, "more than there ever is");
    table.one(&ONE.of(3), START, Op::Refund);
    table.all(&[ONE.units(4, 0), ONE.units(5, 2)], START, Op::Decide);
    assert_eq!(table.len(), 0);

    assert!(passes(&table, 6, START));
    assert_eq!(table.len(), 1);
    table.one(&ONE.of(6), START, Op::Refund);
    assert_eq!(table.len(), 0, "all of it was given back");
}

#[test]
fn a_forgotten_key_is_a_key_never_seen() {
    let table = Table::new(1);
    assert!(passes(&table, 1, START));
    assert!(table.forget(1));
    assert!(!table.forget(1), "it is not known any more");
    assert_eq!(table.len(), 0);
    assert!(passes(&table, 1, START));
}

#[test]
fn a_new_key_takes_the_place_of_one_that_is_as_good_as_new() {
    for most in [1, 2, 10, 100] {
        let table = Table::new(most);
        let keys = most as u64;
        assert_eq!(passing(&table, 0..keys, START), most);
        assert_eq!(passing(&table, keys..2 * keys, START + WINDOW), most);
        assert_eq!((table.len(), table.overflowed(), table.evicted()), (most, 0, keys));
    }
    // A large table is searched in parts: now and then the last inert key is in none of them.
    let table = Table::new(10_000);
    assert_eq!(passing(&table, 0..10_000, START), 10_000);
    assert!(passing(&table, 10_000..20_000, START + WINDOW) > 9_900);
}

#[test]
fn a_spent_key_never_makes_room() {
    let table = Table::new(8);
    assert_eq!(passing(&table, 0..4, START), 4);
    let between = Micros(START.0 + WINDOW.0 / 2);
    assert_eq!(passing(&table, 4..8, between), 4);

    // The first four are as good as new, so four more fit in, and the others share what is left.
    let later = START + WINDOW;
    assert_eq!(passing(&table, 8..12, later), 4);
    assert_eq!(table.overflowed(), 0);
    assert_eq!(passing(&table, 12..20, later), 1);
    assert_eq!((table.overflowed(), table.evicted()), (8, 4));
    assert_eq!(passing(&table, 4..12, later), 0, "spent is spent");
}

#[test]
fn a_flood_of_new_keys_resets_no_spent_key() {
    let table = Table::new(8);
    assert_eq!(passing(&table, 0..8, START), 8);
    assert_eq!(passing(&table, 8..1_000_008, START), 1, "they share one state");
    assert_eq!(passing(&table, 0..8, START), 0);
    assert_eq!((table.len(), table.overflowed(), table.evicted()), (8, 1_000_000, 0));
    // Nor does the flood outlast the window.
    assert!(passes(&table, mixed(2_000_000), START + WINDOW));
}

#[test]
fn each_limit_has_an_overflow_state_of_its_own() {
    let table = Table::new(1);
    assert!(passes(&table, 1, START));
    let decide = |key, limit| {
        let entry = Entry { algorithm: &ONE, key, limit, units: 1, class: 0 };
        table.one(&entry, START, Op::Decide).allowed
    };
    assert!(decide(2, 7) && !decide(3, 7), "keys of one limit share");
    assert!(decide(2, 0) && !decide(3, 0), "limits do not");
    assert!(decide(2, u8::MAX));

    let pair = [2, 3].map(|key| Entry { limit: key as u8 + 10, ..ONE.of(key) });
    let both = |now| table.all(&pair, now, Op::Decide).iter().all(|outcome| outcome.allowed);
    assert!(both(START) && !both(START));
}

#[test]
fn a_full_table_forgets_in_the_overflow_what_is_given_back() {
    let table = Table::new(1);
    assert!(passes(&table, 1, START));
    assert!(passes(&table, 2, START));
    table.one(&ONE.of(3), START, Op::Refund);
    assert!(passes(&table, 2, START));
    assert!(!passes(&table, 2, START));
}

#[test]
fn there_are_never_more_keys_than_may_be_whatever_threads_do() {
    const MOST: usize = 500;
    let (table, passed) = (Table::new(MOST), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..8 {
            let (table, passed) = (&table, &passed);
            scope.spawn(move || {
                for key in (0..2_000).map(|key| mixed(thread * 2_000 + key)) {
                    passed.fetch_add(usize::from(passes(table, key, START)), Ordering::Relaxed);
                    assert!(table.len() <= MOST);
                }
            });
        }
    });
    // Each key with a state of its own passed once, and all the others together once.
    assert_eq!(passed.into_inner(), MOST + 1);
    assert_eq!((table.len(), table.overflowed()), (MOST, 16_000 - MOST as u64));
}

#[test]
fn places_that_threads_take_and_give_back_are_neither_lost_nor_doubled() {
    let table = Table::new(1_000);
    thread::scope(|scope| {
        for thread in 0..8 {
            let table = &table;
            scope.spawn(move || {
                for key in (0..5_000).map(|key| mixed(thread * 5_000 + key)) {
                    table.one(&ONE.of(key), START, Op::Charge);
                    assert!(table.len() <= 8);
                    table.forget(key);
                }
            });
        }
    });
    assert_eq!(table.len(), 0);
}

#[test]
fn threads_that_share_a_key_share_its_limit() {
    let (table, passed) = (Table::new(10), AtomicUsize::new(0));
    let limit = Window { most: 1_000 };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let pass = || table.one(&limit.of(1), START, Op::Decide).allowed;
                passed.fetch_add((0..500).filter(|_| pass()).count(), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(passed.into_inner(), 1_000);
}

#[test]
fn a_panic_in_an_algorithm_leaks_no_place() {
    struct Panics;
    impl Algorithm for Panics {
        type State = Used;
        type Change = ();

        fn plan(&self, _: &Used, _: Micros, _: Op, _: u64, _: u8) -> (Outcome, Change<()>) {
            panic!("a bug")
        }

        fn commit(&self, _: &mut Used, (): ()) {}
    }
    let table = Table::new(2);
    for key in 0..10 {
        let entry = |key| Entry { algorithm: &Panics, key, limit: 0, units: 1, class: 0 };
        let one = || table.one(&entry(key), START, Op::Decide);
        assert!(catch_unwind(AssertUnwindSafe(one)).is_err());
        let all = || table.all(&[entry(key), entry(key + 1)], START, Op::Decide);
        assert!(catch_unwind(AssertUnwindSafe(all)).is_err());
    }
    assert_eq!(passing(&table, 100..102, START), 2);
    assert_eq!(table.overflowed(), 0);
}

#[test]
fn tidying_drops_what_is_as_good_as_new_and_nothing_else() {
    let table = Table::new(1_000);
    (0..100).for_each(|key| assert!(passes(&table, mixed(key), START)));
    assert!(passes(&table, mixed(200), START + WINDOW));
    assert_eq!(table.len(), 101, "nobody needed their places");
    table.tidy(START + WINDOW);
    assert_eq!((table.len(), table.evicted()), (1, 100));
    assert!(!passes(&table, mixed(200), START + WINDOW));
}
