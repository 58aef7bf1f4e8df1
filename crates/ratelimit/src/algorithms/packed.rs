//! Times and spans in half words.
//!
//! A table has millions of slots. A state that aligns to four bytes makes each of them up to four
//! bytes smaller than one with a whole word in it.

use palisade_core::Micros;

/// A point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct At([u32; 2]);

/// How long a state matters, in units of 2^14 µs, rounded up.
///
/// Only an expiry reads it, which may be late and must not be early. Two years fit in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Coarse(u32);

const UNIT: u32 = 14;

impl At {
    #[inline]
    pub(super) const fn new(at: Micros) -> Self {
        Self([at.0 as u32, (at.0 >> 32) as u32])
    }

    #[inline]
    pub(super) const fn micros(self) -> Micros {
        Micros(self.0[0] as u64 | (self.0[1] as u64) << 32)
    }
}

impl Coarse {
    /// A span beyond two years counts as that; a period is a year at most.
    #[inline]
    pub(super) const fn new(span: Micros) -> Self {
        let units = span.0.div_ceil(1 << UNIT);
        Self(if units > u32::MAX as u64 { u32::MAX } else { units as u32 })
    }

    #[inline]
    pub(super) const fn micros(self) -> Micros {
        Micros((self.0 as u64) << UNIT)
    }
}
