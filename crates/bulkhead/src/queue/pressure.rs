//! When a queue is filling up.

use palisade_core::Ratio;

/// A float with two marks: pressed from the high one on, relieved from the low one down. Between them it
/// stays as it was, so that a queue at a mark does not tell its producers to stop and go in turns.
#[derive(Debug)]
pub(super) struct Gauge {
    /// `1 <= high <= max_size`.
    high: usize,
    /// As it was asked for; from `high` on it does not count.
    low: usize,
    pressed: bool,
}

impl Gauge {
    const HIGH: Ratio = Ratio::percent(80);
    const LOW: Ratio = Ratio::percent(50);

    pub(super) fn new(max_size: usize) -> Self {
        let mut gauge = Self { high: 1, low: 0, pressed: false };
        gauge.set_high(Self::HIGH, max_size);
        gauge.set_low(Self::LOW, max_size);
        gauge
    }

    pub(super) fn set_high(&mut self, share: Ratio, max_size: usize) {
        self.high = share_of(max_size, share, u128::div_ceil).max(1);
    }

    pub(super) fn set_low(&mut self, share: Ratio, max_size: usize) {
        self.low = share_of(max_size, share, std::ops::Div::div);
    }

    /// Whether the queue is pressed, as of the last [`follow`](Self::follow).
    pub(super) const fn is_pressed(&self) -> bool {
        self.pressed
    }

    /// Takes note of the queue's size; returns whether that changed anything.
    pub(super) fn follow(&mut self, size: usize) -> bool {
        let before = self.pressed;
        if size >= self.high {
            self.pressed = true;
        } else if size <= self.low {
            self.pressed = false;
        }
        self.pressed != before
    }
}

/// At most `size`, as a ratio is at most one.
fn share_of(size: usize, share: Ratio, divide: fn(u128, u128) -> u128) -> usize {
    divide(size as u128 * u128::from(share.ppm()), 1_000_000) as usize
}
