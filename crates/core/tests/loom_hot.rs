//! What threads may see of settings that change, in every order that the memory model allows.

#![cfg(loom)]

use std::sync::atomic::AtomicUsize;

use loom::sync::Arc;
use loom::thread;
use palisade_core::hot::{Hot, Words};
use palisade_core::sync::{AtomicU64, Ordering};

/// Two numbers of which the second is ten times the first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair(u64, u64);

impl Words<2> for Pair {
    fn pack(self) -> [u64; 2] {
        [self.0, self.1]
    }

    fn unpack([a, b]: [u64; 2]) -> Self {
        Self(a, b)
    }
}

impl Pair {
    fn of(number: u64) -> Self {
        Self(number, number * 10)
    }

    fn next(self) -> Self {
        Self::of(self.0 + 1)
    }

    fn assert_whole(self) -> Self {
        assert_eq!(self.1, self.0 * 10, "a mix of old and new");
        self
    }
}

struct State {
    hot: Hot<Pair, 2>,
    beside: AtomicU64,
}

/// Runs `each` in a thread of its own, and then `after`, in all orders there are. The thread that
/// spawns the others takes no part: where it only reads, loom explores no order but one.
fn race<const N: usize>(each: [fn(&State); N], after: fn(&State)) {
    let orders = std::sync::Arc::new(AtomicUsize::new(0));
    let seen = std::sync::Arc::clone(&orders);
    loom::model(move || {
        seen.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State { hot: Hot::new(Pair::of(1)), beside: AtomicU64::new(1) });
        let threads = each.map(|work| {
            let state = Arc::clone(&state);
            thread::spawn(move || work(&state))
        });
        for thread in threads {
            thread.join().unwrap();
        }
        after(&state);
    });
    let orders = orders.load(Ordering::Relaxed);
    assert!(orders > 100, "only {orders} orders: this is no model of a race");
}

#[test]
fn readers_never_see_a_mix_of_old_and_new() {
    let read = |state: &State| {
        let first = state.hot.get().assert_whole();
        let second = state.hot.get().assert_whole();
        assert!(first.0 <= second.0, "what was seen is not unseen");
    };
    let write = |state: &State| state.hot.update(Pair::next);
    race([read, write], |state| assert_eq!(state.hot.get(), Pair::of(2)));
}

#[test]
fn two_writers_take_turns() {
    let write = |state: &State| state.hot.update(Pair::next);
    let read = |state: &State| {
        state.hot.get().assert_whole();
    };
    race([write, write, read], |state| assert_eq!(state.hot.get(), Pair::of(3)));
}

#[test]
fn what_is_written_beside_the_settings_never_mixes_with_them() {
    let read = |state: &State| {
        let (settings, seen) = state.hot.get_with(|_| state.beside.load(Ordering::Relaxed));
        assert_eq!(settings.assert_whole().0, seen);
    };
    let write = |state: &State| {
        state.hot.update_with(|old| {
            state.beside.store(old.next().0, Ordering::Relaxed);
            (old.next(), ())
        });
    };
    race([read, write], |state| assert_eq!(state.beside.load(Ordering::Relaxed), 2));
}
