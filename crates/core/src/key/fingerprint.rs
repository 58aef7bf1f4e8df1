//! A key as 64 bits, for a table in memory.

use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    sync::OnceLock,
};

use foldhash::{SharedSeed, quality::SeedableRandomState};

use super::{
    Key,
    part::{self, Part},
};

/// A keyed hash: what turns keys into fingerprints.
///
/// The hash is foldhash in its quality variant, whose 64 bits are all equally good. It is not
/// cryptographic. Its seed comes from the operating system, so that who sends requests cannot
/// choose keys that share a fingerprint.
///
/// A fingerprint means something only together with the fingerprinter that made it: keep one with
/// each table, and never store or send fingerprints.
///
/// ```
/// use palisade_core::{Key, key::Fingerprinter};
///
/// let fingerprinter = Fingerprinter::random();
/// let key = Key::from("alice");
/// assert_eq!(key.fingerprint(&fingerprinter), key.fingerprint(&fingerprinter.clone()));
/// ```
#[derive(Clone)]
pub struct Fingerprinter(SeedableRandomState);

// ===== impl Fingerprinter =====

impl Fingerprinter {
    /// A fingerprinter of its own, seeded at random.
    #[must_use]
    pub fn random() -> Self {
        Self(SeedableRandomState::with_seed(entropy(), shared_seed()))
    }

    /// A fingerprinter with a fixed seed, for tests: who knows the seed can make keys collide.
    ///
    /// ```
    /// use palisade_core::{Key, key::Fingerprinter};
    ///
    /// let (a, b) = (Fingerprinter::seeded(7), Fingerprinter::seeded(7));
    /// assert_eq!(Key::from("alice").fingerprint(&a), Key::from("alice").fingerprint(&b));
    /// ```
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(SeedableRandomState::with_seed(seed, SharedSeed::global_fixed()))
    }
}

/// The same as [`Fingerprinter::random`].
impl Default for Fingerprinter {
    fn default() -> Self {
        Self::random()
    }
}

/// Without the seed, which is a secret.
impl fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprinter").finish_non_exhaustive()
    }
}

impl Key<'_> {
    /// 64 bits that stand for this key: equal for equal keys, otherwise different but for a chance
    /// of 2^-64 per pair of keys.
    #[inline]
    #[must_use]
    pub fn fingerprint(&self, fingerprinter: &Fingerprinter) -> u64 {
        let mut hasher = fingerprinter.0.build_hasher();
        for part in self.parts() {
            hash(part, &mut hasher);
        }
        hasher.finish()
    }
}

/// One word says kind and length, so that the words of a key have only one reading. (The hasher
/// may take bytes before the words that precede them; both keep their own order.)
#[inline]
fn hash(part: &Part<'_>, hasher: &mut impl Hasher) {
    let kind = (part.kind() as u64) << 56;
    match part {
        Part::V4(ip) => hasher.write_u64(kind | u64::from(ip.to_bits())),
        Part::Number(number) => {
            hasher.write_u64(kind);
            hasher.write_u64(*number);
        }
        Part::Wide(..) | Part::V6(_) | Part::Id(_) | Part::Rest(_) => {
            hasher.write_u64(kind);
            hasher.write_u128(part.number());
        }
        Part::Text(_) | Part::Caseless(_) | Part::Owned(_) => {
            if let Some((bytes, caseless)) = part.text() {
                hasher.write_u64(kind | bytes.len() as u64);
                part::for_each_chunk(bytes, caseless, |chunk| hasher.write(chunk));
            }
        }
    }
}

/// One for the process: foldhash wants it to live for ever.
fn shared_seed() -> &'static SharedSeed {
    static SEED: OnceLock<SharedSeed> = OnceLock::new();
    SEED.get_or_init(|| SharedSeed::from_u64(entropy()))
}

/// std seeds its hasher with the operating system's random bytes; foldhash alone would take
/// addresses and the time.
fn entropy() -> u64 {
    RandomState::new().build_hasher().finish()
}
