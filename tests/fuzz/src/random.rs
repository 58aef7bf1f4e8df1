//! Numbers that a seed decides.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
/// Seeds that follow each other give sequences that have nothing in common, which is what makes one
/// seed per input possible.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Less than `end`; 0 if there is nothing less.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // The remainder favours small numbers by less than one in 2^40 here.
        self.next().checked_rem(end as u64).unwrap_or(0) as usize
    }

    /// One of them; the empty text if there are none.
    pub(crate) fn pick<'a>(&mut self, texts: &[&'a [u8]]) -> &'a [u8] {
        texts.get(self.below(texts.len())).copied().unwrap_or_default()
    }
}
