//! The time of every single call.

use std::hint::black_box;

use palisade_benches::alloc::uncounted;
use palisade_benches::floor::{Ticks, Tsc};
use palisade_benches::keys::Walk;

/// What is said of them: shares of the calls, in ten thousandths, that took no longer.
pub(crate) const SHARES: [(&str, usize); 5] =
    [("p50", 5_000), ("p99", 9_900), ("p99.9", 9_990), ("p99.99", 9_999), ("max", 10_000)];

/// The times of [`SHARES`], in ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latencies {
    ticks: [u64; SHARES.len()],
    per_second: u64,
}

/// Times `calls` calls: by turns of one of the `keys` old keys, at random, and of a new one.
///
/// # Panics
///
/// When a call is refused: it is not what is measured.
pub(crate) fn time(keys: u64, calls: u64, mut check_key: impl FnMut(u64) -> bool) -> Latencies {
    let (clock, mut walk) = (Tsc::new(), Walk::over(keys));
    // Written to beforehand, so that no call pays for a page of it.
    let mut ticks = vec![1_u64; calls as usize];
    let mut passed = true;
    uncounted(|| {
        for (number, ticks) in (keys..).zip(&mut ticks) {
            let key = black_box(if number % 2 == 0 { walk.next_key() } else { number });
            let before = clock.now();
            passed &= check_key(key);
            *ticks = clock.now().saturating_sub(before);
        }
    });
    assert!(passed, "a call was refused");
    ticks.sort_unstable();
    let last = ticks.len().saturating_sub(1);
    let at = |share: usize| ticks.get(last * share / 10_000).copied().unwrap_or_default();
    Latencies { ticks: SHARES.map(|(_, share)| at(share)), per_second: clock.per_second() }
}

impl Latencies {
    /// Of each the lesser.
    pub(crate) fn least(self, other: Self) -> Self {
        let mut ticks = self.ticks;
        ticks.iter_mut().zip(other.ticks).for_each(|(least, other)| *least = other.min(*least));
        Self { ticks, ..self }
    }

    /// In microseconds.
    pub(crate) fn micros(&self) -> [f64; SHARES.len()] {
        self.ticks.map(|ticks| ticks as f64 * 1e6 / self.per_second as f64)
    }

    /// How many times as long as the others.
    pub(crate) fn over(&self, other: &Self) -> [f64; SHARES.len()] {
        let (mut ratios, others) = (self.micros(), other.micros());
        ratios.iter_mut().zip(others).for_each(|(ratio, other)| *ratio /= other);
        ratios
    }
}
