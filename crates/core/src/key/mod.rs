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
//!
//! # Cost
//!
//! A key is some 100 bytes on the stack. A fingerprint takes a few nanoseconds.

mod by;
mod client_ip;
mod closure;
mod digest;
mod fingerprint;
mod head;
mod join;
mod part;
mod route;
mod spell;

use std::{fmt, net::IpAddr};

use http::HeaderValue;

pub use self::{
    by::{Global, KeyBy},
    client_ip::{Cidr, ClientIp, PeerAddr},
    closure::{ByFn, ByRequest, by_fn, request},
    fingerprint::Fingerprinter,
    head::{Header, Host, Method},
    route::Route,
};
use self::{join::Joined, part::Part};

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
pub struct Key<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    /// By far the most common, and a quarter of the size of `Many` to move.
    One(Part<'a>),
    Many(Joined<'a>),
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
    pub const fn global() -> Self {
        Self(Repr::Many(Joined::EMPTY))
    }

    /// Text whose ASCII letters count in either case, such as a host name: the same key as the text
    /// in lower case.
    ///
    /// ```
    /// # use palisade_core::Key;
    /// assert_eq!(Key::caseless("Example.COM"), Key::from("example.com"));
    /// ```
    #[must_use]
    pub fn caseless(text: &'a str) -> Self {
        Self(Repr::One(Part::Caseless(text)))
    }

    /// This key followed by another one.
    ///
    /// ```
    /// # use palisade_core::Key;
    /// assert_eq!(Key::from("a").and("b").and("c"), Key::from(("a", "b", "c")));
    /// ```
    #[must_use]
    pub fn and(self, next: impl Into<Self>) -> Self {
        join::join(self, next.into())
    }

    fn parts(&self) -> &[Part<'a>] {
        match &self.0 {
            Repr::One(part) => std::slice::from_ref(part),
            Repr::Many(joined) => joined.parts(),
        }
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Key<'_>) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key<'_> {}

/// Kinds and lengths only: a key may be a secret.
impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("Key");
        for part in self.parts() {
            tuple.field(part);
        }
        tuple.finish()
    }
}

macro_rules! from {
    ($($(#[$doc:meta])* $type:ty => |$value:pat_param| $part:expr;)*) => {$(
        $(#[$doc])*
        impl<'a> From<$type> for Key<'a> {
            fn from($value: $type) -> Self {
                Self(Repr::One($part))
            }
        }
    )*};
}

from! {
    &'a str => |text| Part::Text(text.as_bytes());
    /// The same key as of the text with these bytes, if they are one.
    &'a [u8] => |bytes| Part::Text(bytes);
    &'a String => |text| Part::Text(text.as_bytes());
    &'a HeaderValue => |value| Part::Text(value.as_bytes());
    /// The one key that owns its text, and the one whose maker allocates.
    String => |text| Part::Owned(text);
    u64 => |number| Part::Number(number);
    /// The same key as of an equal `u64`.
    u128 => |number| Part::wide(number);
    /// An IPv4 address written as IPv6 (`::ffff:1.2.3.4`) is that IPv4 address.
    IpAddr => |ip| Part::ip(ip);
    /// An identifier of 128 bits, such as a UUID's bytes.
    [u8; 16] => |id| Part::Id(id);
}

macro_rules! from_tuple {
    ($first:ident $($next:ident)+) => {
        impl<'a, $first: Into<Key<'a>>, $($next: Into<Key<'a>>),+> From<($first, $($next),+)>
            for Key<'a>
        {
            #[allow(non_snake_case)] // The parts are named as their types are.
            fn from(($first, $($next),+): ($first, $($next),+)) -> Self {
                $first.into()$(.and($next))+
            }
        }
    };
}

from_tuple!(A B);
from_tuple!(A B C);
from_tuple!(A B C D);
