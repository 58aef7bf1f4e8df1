//! Settings that change while they are read. What threads may see of each other is modelled in
//! `loom_hot.rs`; here is what a model cannot do: panic, and run for long.

#![cfg(not(loom))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use palisade_core::hot::{Hot, Words};

/// Numbers that are all the same, or were never settings.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Same([u64; 3]);

impl Words<3> for Same {
    fn pack(self) -> [u64; 3] {
        self.0
    }

    fn unpack(words: [u64; 3]) -> Self {
        Self(words)
    }
}

fn hot(number: u64) -> Hot<Same, 3> {
    Hot::new(Same([number; 3]))
}

#[test]
fn a_change_starts_from_what_is_in_force() {
    let hot = hot(1);
    hot.update(|Same([number, ..])| Same([number + 1; 3]));
    assert_eq!(hot.get(), Same([2; 3]));
    let before = hot.update_with(|old| (Same([9; 3]), old));
    assert_eq!((before, hot.get()), (Same([2; 3]), Same([9; 3])));
    assert_eq!(format!("{hot:?}"), "Hot(Same([9, 9, 9]))");
}

#[test]
fn a_change_that_panics_changes_nothing_and_holds_nobody_up() {
    let hot = hot(1);
    let update = catch_unwind(AssertUnwindSafe(|| hot.update(|_| panic!("no"))));
    let update_with = catch_unwind(AssertUnwindSafe(|| hot.update_with::<()>(|_| panic!("no"))));
    assert!(update.is_err() && update_with.is_err());
    assert_eq!(hot.get(), Same([1; 3]));
    hot.update(|_| Same([2; 3]));
    assert_eq!(hot.get(), Same([2; 3]));
}

#[test]
fn a_change_may_read_what_it_changes() {
    let hot = hot(1);
    hot.update(|_| Same([hot.get().0[0] + 1; 3]));
    assert_eq!(hot.get(), Same([2; 3]));
}

#[test]
fn readers_never_see_a_mix_while_writers_take_turns() {
    const CHANGES: u64 = 20_000;
    let (hot, beside, done) = (hot(0), AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let (Same([a, b, c]), seen) = hot.get_with(|_| beside.load(Ordering::Relaxed));
                    assert!(a == b && b == c && c == seen, "{a} {b} {c}, {seen} beside");
                    assert!(a >= last, "{a} after {last}");
                    last = a;
                }
            });
        }
        let writers = [(); 2].map(|()| {
            scope.spawn(|| {
                for _ in 0..CHANGES {
                    hot.update_with(|Same([number, ..])| {
                        beside.store(number + 1, Ordering::Relaxed);
                        (Same([number + 1; 3]), ())
                    });
                }
            })
        });
        let ended = writers.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
    });
    assert_eq!(hot.get(), Same([2 * CHANGES; 3]));
}
