//! The limits of a call as numbers.

use palisade_core::Key;
use palisade_core::key::Fingerprinter;
use palisade_core::store::Charge;

/// Whose limit it is and which: what a store tells limits apart by.
pub(super) fn key(charge: &Charge) -> Key<'_> {
    Key::from(charge.policy.name().as_str()).and(&*charge.subject)
}

/// The fingerprint of a set of limits, in their order, and of the callers' classes.
pub(super) fn set(fingerprinter: &Fingerprinter, charges: &[Charge]) -> u64 {
    // An odd number of no other meaning; it keeps two limits from being the same set as the two exchanged.
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    charges.iter().fold(0, |set: u64, charge| {
        let key = key(charge).and(u64::from(charge.class)).fingerprint(fingerprinter);
        (set.rotate_left(29) ^ key).wrapping_mul(MIX)
    })
}
