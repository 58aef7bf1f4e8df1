//! Keys of several parts.

use super::{Key, Repr, digest, part::Part, spell};

/// Parts that are kept as they are; what comes after becomes a digest.
const INLINE: usize = 4;

const NONE: Part<'static> = Part::Number(0);

/// Two to four parts.
#[derive(Clone, Copy)]
pub(super) struct Joined<'a> {
    parts: [Part<'a>; INLINE],
    len: usize,
}

impl<'a> Joined<'a> {
    #[inline]
    pub(super) fn parts(&self) -> &[Part<'a>] {
        &self.parts[..self.len]
    }
}

/// Text that a key owns, each at the index of its part. Most keys have none, and so no box.
#[derive(Clone, Default)]
pub(super) struct Owned([Option<String>; INLINE]);

/// What a part that the key owns stands for.
#[inline]
pub(super) fn resolve<'k>(part: Part<'k>, i: usize, owned: Option<&'k Owned>) -> Part<'k> {
    match (part, owned) {
        (Part::Owned, Some(owned)) => match owned.0.get(i) {
            Some(Some(text)) => Part::Text(text.as_bytes()),
            _ => part,
        },
        _ => part,
    }
}

pub(super) fn owning(text: String) -> Key<'static> {
    let owned = Owned([Some(text), None, None, None]);
    Key { repr: Repr::One(Part::Owned), owned: Some(Box::new(owned)) }
}

/// Both keys' parts, one after the other.
#[inline]
pub(super) fn join<'a>(first: Key<'a>, next: Key<'a>) -> Key<'a> {
    match (&first, &next) {
        (Key { repr: Repr::One(a), owned: None }, Key { repr: Repr::One(b), owned: None }) => {
            let joined = Joined { parts: [*a, *b, NONE, NONE], len: 2 };
            Key { repr: Repr::Many(joined), owned: None }
        }
        (_, Key { repr: Repr::Global, .. }) => first,
        (Key { repr: Repr::Global, .. }, _) => next,
        _ => join_all(first, next),
    }
}

fn join_all<'a>(mut first: Key<'a>, mut next: Key<'a>) -> Key<'a> {
    let mut joined = match first.repr {
        Repr::Global => return next,
        Repr::One(part) => Joined { parts: [part, NONE, NONE, NONE], len: 1 },
        Repr::Many(joined) => joined,
    };
    for (i, part) in next.repr.parts().iter().enumerate() {
        let text = next.owned.as_mut().and_then(|owned| owned.0[i].take());
        joined.push(&mut first.owned, *part, text);
    }
    Key { repr: Repr::Many(joined), owned: first.owned }
}

impl<'a> Joined<'a> {
    fn push(&mut self, owned: &mut Option<Box<Owned>>, part: Part<'a>, text: Option<String>) {
        if let Some(slot) = self.parts.get_mut(self.len) {
            *slot = part;
            if text.is_some() {
                owned.get_or_insert_default().0[self.len] = text;
            }
            self.len += 1;
            return;
        }

        let last = INLINE - 1;
        let next = text.as_deref().map_or(part, |text| Part::Text(text.as_bytes()));
        self.parts[last] = folded(resolve(self.parts[last], last, owned.as_deref()), next);
        if let Some(owned) = owned {
            owned.0[last] = None;
        }
    }
}

/// A digest of two parts' spellings, which are unambiguous.
fn folded(last: Part<'_>, next: Part<'_>) -> Part<'static> {
    let mut hash = digest::Sha256::new();
    for part in [last, next] {
        spell::spell(part, &mut |bytes| hash.update(bytes));
        hash.update(&[spell::SEPARATOR]);
    }
    Part::rest(hash.finish())
}
