//! By what a limit counts: per client, per API key, per host.
//!
//! A [`Key`] is built from the request without allocation. In memory it is known by its
//! [fingerprint](Key::fingerprint), in a remote store by its [spelling](Key::spell); nothing prints
//! it, since keys are secrets.
//!
//! What builds it is a [`KeyBy`]: one of the types here, several of them in a tuple, or a closure
//! ([`by_fn`], [`request`]).
//!
//! | | counts by |
//! |---|---|
//! | [`Global`] | nothing: one limit for all |
//! | [`ClientIp`] | the caller's address, IPv6 by network |
//! | [`Header`] | a header's value |
//! | [`Host`], [`Method`] | the host that is asked for, the method |
//! | [`Route`] | axum's route pattern |
//! | `(A, B)` to `(A, B, C, D)` | all of them together |
//! | [`by_fn`], [`request`] | what a closure says |
//! | [`By`] | what a text says: `"client_ip behind 1"` |
//!
//! # Cost
//!
//! A key is some 100 bytes on the stack. A fingerprint takes a few nanoseconds.

mod by;
mod choice;
mod client_ip;
mod closure;
mod digest;
mod fingerprint;
mod from;
mod head;
mod join;
mod missing;
mod part;
mod route;
mod spell;

use std::fmt;

pub use self::{
    by::{Global, KeyBy},
    choice::By,
    client_ip::{Cidr, ClientIp, PeerAddr},
    closure::{ByFn, ByRequest, by_fn, request},
    fingerprint::Fingerprinter,
    head::{Header, Host, Method},
    missing::Missing,
    route::Route,
};
use self::{
    join::{Joined, Owned},
    part::Part,
};

/// What identifies a caller, borrowed from the request.
///
/// Made from text, bytes, numbers, addresses, and tuples of these. Keys of different kinds differ,
/// even if they would print alike; tuples flatten, and the borders between their parts count.
/// Four parts are kept as they are; the fourth and all after it become one digest if there are
/// more.
///
/// ```
/// use palisade_core::Key;
///
/// assert_ne!(Key::from(1_u64), Key::from("1"));
/// assert_ne!(Key::from(("a", "bc")), Key::from(("ab", "c")));
/// assert_eq!(Key::caseless("API.example"), Key::from("api.example"));
/// assert_eq!(format!("{:?}", Key::from(("secret", 7_u64))), "Key(text of 6, number)");
/// ```
#[derive(Clone)]
pub struct Key<'a> {
    repr: Repr<'a>,
    owned: Option<Box<Owned>>,
}

#[derive(Clone, Copy)]
enum Repr<'a> {
    Global,
    /// By far the most common, and a quarter of the size of `Many` to move.
    One(Part<'a>),
    Many(Joined<'a>),
}

impl<'a> Repr<'a> {
    #[inline]
    fn parts(&self) -> &[Part<'a>] {
        match self {
            Self::Global => &[],
            Self::One(part) => std::slice::from_ref(part),
            Self::Many(joined) => joined.parts(),
        }
    }
}

// ===== impl Key =====

impl<'a> Key<'a> {
    /// The key of no parts, the same for everybody: what [`Global`] counts by.
    ///
    /// ```
    /// # use palisade_core::Key;
    /// assert_eq!(Key::global(), Key::global());
    /// assert_ne!(Key::global(), Key::from(""));
    /// ```
    #[must_use]
    #[inline]
    pub const fn global() -> Self {
        Self { repr: Repr::Global, owned: None }
    }

    /// Whether this is the key of no parts, the same for everybody.
    #[must_use]
    #[inline]
    pub const fn is_global(&self) -> bool {
        matches!(self.repr, Repr::Global)
    }

    /// Text whose ASCII letters count in either case, such as a host name: the same key as the text
    /// in lower case.
    ///
    /// ```
    /// # use palisade_core::Key;
    /// assert_eq!(Key::caseless("Example.COM"), Key::from("example.com"));
    /// ```
    #[must_use]
    #[inline]
    pub fn caseless(text: &'a str) -> Self {
        Part::Caseless(text).into()
    }

    /// This key followed by another one.
    ///
    /// ```
    /// # use palisade_core::Key;
    /// assert_eq!(Key::from("a").and("b").and("c"), Key::from(("a", "b", "c")));
    /// ```
    #[must_use]
    #[inline]
    pub fn and(self, next: impl Into<Self>) -> Self {
        join::join(self, next.into())
    }

    /// The parts as they read: none is `Part::Owned`.
    fn parts(&self) -> impl ExactSizeIterator<Item = Part<'_>> {
        let owned = self.owned.as_deref();
        self.repr.parts().iter().enumerate().map(move |(i, part)| join::resolve(*part, i, owned))
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Key<'_>) -> bool {
        self.parts().eq(other.parts())
    }
}

impl Eq for Key<'_> {}

/// Kinds and lengths only: a key may be a secret.
impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("Key");
        for part in self.parts() {
            tuple.field(&part);
        }
        tuple.finish()
    }
}
