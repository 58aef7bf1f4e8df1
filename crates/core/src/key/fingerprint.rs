//! A key as 64 bits, for a table in memory.

use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    sync::OnceLock,
};

use foldhash::{SharedSeed, quality::SeedableRandomState};

use super::{
    Key, Repr,
    part::{self, Kind, Part},
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
        match self.repr {
            Repr::Global => fingerprinter.0.build_hasher().finish(),
            // Short enough to inline, and computed in registers: an address takes a nanosecond.
            Repr::One(part @ (Part::V4(_) | Part::V6(..) | Part::Number(_))) => {
                let mut hasher = fingerprinter.0.build_hasher();
                hash_number(part, &mut hasher);
                hasher.finish()
            }
            Repr::One(Part::Text(bytes)) => hash_text(bytes, fingerprinter),
            _ => self.hash_all(fingerprinter),
        }
    }

    #[inline(never)]
    fn hash_all(&self, fingerprinter: &Fingerprinter) -> u64 {
        let mut hasher = fingerprinter.0.build_hasher();
        for part in self.parts() {
            match part.text() {
                Some((bytes, caseless)) => hash_bytes(bytes, caseless, &mut hasher),
                None => hash_number(part, &mut hasher),
            }
        }
        hasher.finish()
    }
}

#[inline(never)]
fn hash_text(bytes: &[u8], fingerprinter: &Fingerprinter) -> u64 {
    let mut hasher = fingerprinter.0.build_hasher();
    hash_bytes(bytes, false, &mut hasher);
    hasher.finish()
}

// Each part begins with a word that says its kind and length, so that the words of a key have only
// one reading. (The hasher may take bytes before the words that precede them; both keep their own
// order.)

#[inline(always)]
fn hash_number(part: Part<'_>, hasher: &mut impl Hasher) {
    let kind = (part.kind() as u64) << 56;
    match part {
        Part::V4(ip) => hasher.write_u64(kind | u64::from(ip)),
        Part::Number(number) => {
            hasher.write_u64(kind);
            hasher.write_u64(number);
        }
        _ => {
            hasher.write_u64(kind);
            hasher.write_u128(part.number());
        }
    }
}

#[inline(always)]
fn hash_bytes(bytes: &[u8], caseless: bool, hasher: &mut impl Hasher) {
    hasher.write_u64((Kind::Text as u64) << 56 | bytes.len() as u64);
    part::for_each_chunk(bytes, caseless, |chunk| hasher.write(chunk));
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
