//! What one call asks of which limits.

use smallvec::SmallVec;

use crate::engine::book::Tier;

/// Whose bucket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bucket {
    Everybody,
    Keyed(u64),
}

/// What a call asks of one limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) limit: u8,
    pub(crate) tier: Tier,
    pub(crate) bucket: Bucket,
    pub(crate) units: u64,
}

/// What a call asks of all limits.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) parts: SmallVec<[Part; 2]>,
    pub(crate) class: u8,
}

impl Bucket {
    /// The place of this bucket in the table of a limit, which is one of several in it.
    ///
    /// Fingerprints are well mixed, and so is their sum with a multiple of an odd number: two limits
    /// of one key share nothing but by the chance that two keys do.
    pub(crate) const fn place(self, limit: u8) -> u64 {
        /// 2^64 divided by the golden ratio.
        const STRIDE: u64 = 0x9E37_79B9_7F4A_7C15;
        let fingerprint = match self {
            Self::Everybody => 0x5851_F42D_4C95_7F2D,
            Self::Keyed(fingerprint) => fingerprint,
        };
        fingerprint.wrapping_add(STRIDE.wrapping_mul(limit as u64))
    }
}
