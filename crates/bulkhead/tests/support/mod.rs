//! What these tests share.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod upstream;

use palisade_bulkhead::adaptive::{Outcome, Sample};
use palisade_core::Micros;

/// SplitMix64: numbers that a seed repeats.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

pub(crate) fn served(began: u64, rtt: u64, in_flight: u32) -> Sample {
    Sample { began: Micros(began), rtt: Micros(rtt), in_flight, outcome: Outcome::Served }
}

pub(crate) fn dropped(began: u64, rtt: u64, in_flight: u32) -> Sample {
    Sample { outcome: Outcome::Dropped, ..served(began, rtt, in_flight) }
}
