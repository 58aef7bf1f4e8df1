//! Which keys call most.
//!
//! The Space-Saving sketch (A. Metwally, D. Agrawal, A. El Abbadi, "Efficient computation of
//! frequent and top-k elements in data streams", 2005): a few counters, and a key that has none
//! takes the place of the smallest and its count with it. Whoever makes up more than one part in
//! [`PLACES`] of all calls is in it. Refusals are all counted; of the calls that pass one in
//! [`SAMPLE`] is, for as many, so that a pass costs nothing that could be measured.

use std::fmt;

use palisade_core::Key;
use parking_lot::Mutex;

/// For how many calls one that passes stands.
pub(crate) const SAMPLE: u64 = 64;

/// How many keys are kept.
const PLACES: usize = 64;

/// How long a key's text usually is at most.
const LENGTH: usize = 80;

/// When this many calls are counted, all counts are halved: a key that was busy once makes way.
const HALF_LIFE: u64 = 1 << 20;

/// A key that calls often.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BusyKey {
    /// The key as it is spelled for stores: long and binary ones are a digest.
    pub key: String,
    /// About how many calls it made of late, refused ones included. Never much too few; too many by
    /// as many as the least busy of these keys made.
    pub calls: u64,
    /// How many of them were refused.
    pub refused: u64,
}

/// All of it is allocated beforehand, since calls that pass are counted and must not allocate.
pub(crate) struct Busiest(Mutex<Sketch>);

struct Sketch {
    places: Box<[Place]>,
    counted: u64,
}

struct Place {
    fingerprint: u64,
    busy: BusyKey,
}

/// Whether the call that was counted as the `count`-th is looked at: one in [`SAMPLE`], spread so
/// that keys that take turns are all seen.
#[inline]
pub(crate) const fn samples(count: u64) -> bool {
    count.wrapping_mul(0x9E37_79B9_7F4A_7C15) < u64::MAX / SAMPLE
}

impl Busiest {
    /// Counts `calls` of the key. Does nothing if somebody else is at it.
    pub(crate) fn record(&self, key: &Key<'_>, fingerprint: u64, calls: u64, refused: bool) {
        self.record_as(|text| key.spell(text), fingerprint, calls, refused);
    }

    /// The same for a key that `spell` spells.
    pub(crate) fn record_as(
        &self,
        spell: impl FnOnce(&mut String),
        fingerprint: u64,
        calls: u64,
        refused: bool,
    ) {
        if let Some(mut sketch) = self.0.try_lock() {
            sketch.record(spell, fingerprint, calls, refused);
        }
    }

    /// At most `most` keys, the busiest first.
    pub(crate) fn top(&self, most: usize) -> Vec<BusyKey> {
        let mut keys: Vec<_> = {
            let sketch = self.0.lock();
            let taken = sketch.places.iter().filter(|place| !place.busy.key.is_empty());
            taken.map(|place| place.busy.clone()).collect()
        };
        keys.sort_unstable_by(|a, b| (b.calls, &a.key).cmp(&(a.calls, &b.key)));
        keys.truncate(most);
        keys
    }
}

impl Default for Busiest {
    fn default() -> Self {
        let place = || {
            let busy = BusyKey { key: String::with_capacity(LENGTH), calls: 0, refused: 0 };
            Place { fingerprint: 0, busy }
        };
        let places = std::iter::repeat_with(place).take(PLACES).collect();
        Self(Mutex::new(Sketch { places, counted: 0 }))
    }
}

impl Sketch {
    fn record(
        &mut self,
        spell: impl FnOnce(&mut String),
        fingerprint: u64,
        calls: u64,
        refused: bool,
    ) {
        self.counted += calls;
        if self.counted >= HALF_LIFE {
            self.counted /= 2;
            for Place { busy, .. } in &mut self.places {
                (busy.calls, busy.refused) = (busy.calls / 2, busy.refused / 2);
            }
        }
        let is_known = |place: &Place| place.fingerprint == fingerprint && place.busy.calls > 0;
        let known = self.places.iter().position(is_known);
        let at = known.unwrap_or_else(|| self.least());
        let Some(Place { fingerprint: whose, busy }) = self.places.get_mut(at) else { return };
        // Who takes another's place is spelled at its second call: of a flood of keys that call once,
        // none is worth its text.
        let is_fresh = busy.calls == 0;
        if known.is_none() {
            (*whose, busy.refused) = (fingerprint, 0);
            busy.key.clear();
        }
        if busy.key.is_empty() && (is_fresh || known.is_some()) {
            spell(&mut busy.key);
        }
        busy.calls += calls;
        busy.refused += u64::from(refused);
    }

    /// The place of the least busy key.
    fn least(&self) -> usize {
        let least = self.places.iter().enumerate().min_by_key(|(_, place)| place.busy.calls);
        least.map_or(0, |(at, _)| at)
    }
}

impl fmt::Debug for Busiest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys are nobody's business who prints a layer.
        f.debug_struct("Busiest").finish_non_exhaustive()
    }
}
