//! Keys of several parts.

use super::{Key, Repr, digest, part::Part, spell};

/// Parts that are kept as they are; what comes after becomes a digest.
const INLINE: usize = 4;

const NONE: Part<'static> = Part::Number(0);

/// Up to four parts.
#[derive(Clone)]
pub(super) struct Joined<'a> {
    parts: [Part<'a>; INLINE],
    len: usize,
}

impl<'a> Joined<'a> {
    pub(super) const EMPTY: Self = Self { parts: [NONE; INLINE], len: 0 };

    pub(super) fn parts(&self) -> &[Part<'a>] {
        &self.parts[..self.len]
    }

    fn push(&mut self, part: Part<'a>) {
        match self.parts.get_mut(self.len) {
            Some(slot) => {
                *slot = part;
                self.len += 1;
            }
            None => {
                let last = &mut self.parts[INLINE - 1];
                *last = Part::Rest(folded(last, &part));
            }
        }
    }
}

/// Both keys' parts, one after the other.
pub(super) fn join<'a>(first: Key<'a>, next: Key<'a>) -> Key<'a> {
    let mut joined = match first.0 {
        Repr::Many(joined) => joined,
        Repr::One(part) => {
            let mut joined = Joined::EMPTY;
            joined.push(part);
            joined
        }
    };
    match next.0 {
        Repr::One(part) => joined.push(part),
        Repr::Many(more) => {
            for part in more.parts.into_iter().take(more.len) {
                joined.push(part);
            }
        }
    }
    Key(Repr::Many(joined))
}

/// A digest of two parts' spellings, which are unambiguous.
fn folded(last: &Part<'_>, next: &Part<'_>) -> [u8; 16] {
    let mut hash = digest::Sha256::new();
    for part in [last, next] {
        spell::spell(part, &mut |bytes| hash.update(bytes));
        hash.update(&[spell::SEPARATOR]);
    }
    hash.finish()
}
