//! What stays of keys that come once.

use std::ops::Range;

use palisade_benches::alloc::live_bytes;

use crate::contenders::{AGE, governor, palisade};

/// Keys of a generation.
const KEYS: u64 = 500_000;

/// How many there are.
const GENERATIONS: usize = 4;

/// A limiter, as what it does with a generation of keys, all of which expire when it is over.
type Limiter = Box<dyn FnMut(Range<u64>)>;

/// All of them, by name.
fn limiters(keys: u64) -> [(&'static str, Limiter); 4] {
    [
        ("palisade, at its cap", ours(keys)),
        ("palisade, below its cap", ours(keys * 100)),
        ("governor, `retain_recent()` after each", theirs(true)),
        ("governor, never", theirs(false)),
    ]
}

fn ours(most: u64) -> Limiter {
    let (limiter, clock) = palisade(most);
    Box::new(move |mut keys| {
        assert!(keys.all(|key| limiter.check_key(key).is_ok()));
        clock.advance(AGE);
    })
}

fn theirs(tidy: bool) -> Limiter {
    let (limiter, clock) = governor();
    Box::new(move |mut keys| {
        assert!(keys.all(|key| limiter.check_key(&key).is_ok()));
        clock.advance(AGE);
        if tidy {
            limiter.retain_recent();
        }
    })
}

/// Megabytes after each generation.
fn megabytes(limiter: &mut Limiter, keys: u64) -> [f64; GENERATIONS] {
    let (mut bytes, mut next) = (0, 0);
    [(); GENERATIONS].map(|()| {
        // Nobody here gives memory back, so what each generation adds is never less than nothing.
        bytes += live_bytes(|| limiter(next..next + keys)).1;
        next += keys;
        bytes as f64 / 1e6
    })
}

/// Few keys.
pub(crate) fn smoke() {
    for (name, mut limiter) in limiters(100) {
        let megabytes = megabytes(&mut limiter, 100);
        assert!(megabytes.is_sorted() && megabytes[0] > 0.0, "{name}: {megabytes:?}");
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
pub(crate) fn report() {
    println!("\nMegabytes after so many generations of {KEYS} keys:\n");
    let heads: Vec<_> = (1..=GENERATIONS).map(|n| format!(" {n} |")).collect();
    println!("| |{}\n|---|{}", heads.concat(), "---:|".repeat(GENERATIONS));
    for (name, mut limiter) in limiters(KEYS) {
        let megabytes = megabytes(&mut limiter, KEYS).map(|figure| format!(" {figure:.1} |"));
        println!("| {name} |{}", megabytes.concat());
    }
}
