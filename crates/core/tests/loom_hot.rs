//! What threads may see of settings that change, in every order that the memory model allows.

#![cfg(loom)]

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

#[test]
fn readers_never_see_a_mix_of_old_and_new() {
    loom::model(|| {
        let hot = Arc::new(Hot::new(Pair::of(1)));
        let writer = {
            let hot = Arc::clone(&hot);
            thread::spawn(move || hot.update(Pair::next))
        };
        let first = hot.get().assert_whole();
        let second = hot.get().assert_whole();
        assert!(first.0 <= second.0, "what was seen is not unseen");
        writer.join().unwrap();
        assert_eq!(hot.get(), Pair::of(2));
    });
}

#[test]
fn two_writers_take_turns() {
    loom::model(|| {
        let hot = Arc::new(Hot::new(Pair::of(1)));
        let writers = [(); 2].map(|()| {
            let hot = Arc::clone(&hot);
            thread::spawn(move || hot.update(Pair::next))
        });
        hot.get().assert_whole();
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(hot.get(), Pair::of(3), "no change is lost");
    });
}

#[test]
fn what_is_written_beside_the_settings_never_mixes_with_them() {
    loom::model(|| {
        let state = Arc::new((Hot::new(Pair::of(1)), AtomicU64::new(1)));
        let writer = {
            let state = Arc::clone(&state);
            thread::spawn(move || {
                let (hot, beside) = &*state;
                hot.update_with(|old| {
                    let new = old.next();
                    beside.store(new.0, Ordering::Relaxed);
                    (new, ())
                });
            })
        };
        let (hot, beside) = &*state;
        let (settings, seen) = hot.get_with(|_| beside.load(Ordering::Relaxed));
        assert_eq!(settings.assert_whole().0, seen);
        writer.join().unwrap();
    });
}
