//! What a key is made from.

use std::net::IpAddr;

use http::HeaderValue;

use super::{Key, Repr, join, part::Part};

impl<'a> From<Part<'a>> for Key<'a> {
    #[inline]
    fn from(part: Part<'a>) -> Self {
        Self { repr: Repr::One(part), owned: None }
    }
}

/// The one key that owns its text, and the one that allocates: a box of a hundred bytes beside the
/// text.
impl From<String> for Key<'_> {
    fn from(text: String) -> Self {
        join::owning(text)
    }
}

macro_rules! from {
    ($($(#[$doc:meta])* $type:ty => |$value:ident| $part:expr;)*) => {$(
        $(#[$doc])*
        impl<'a> From<$type> for Key<'a> {
            #[inline]
            fn from($value: $type) -> Self {
                $part.into()
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
    u64 => |number| Part::Number(number);
    /// The same key as of an equal `u64`.
    u128 => |number| Part::wide(number);
    /// An IPv4 address written as IPv6 (`::ffff:1.2.3.4`) is that IPv4 address.
    IpAddr => |ip| Part::ip(ip);
    /// An identifier of 128 bits, such as a UUID's bytes.
    [u8; 16] => |id| Part::id(id);
}

macro_rules! from_tuple {
    ($first:ident $($next:ident)+) => {
        impl<'a, $first: Into<Key<'a>>, $($next: Into<Key<'a>>),+> From<($first, $($next),+)>
            for Key<'a>
        {
            #[allow(non_snake_case)] // The parts are named as their types are.
            #[inline]
            fn from(($first, $($next),+): ($first, $($next),+)) -> Self {
                $first.into()$(.and($next))+
            }
        }
    };
}

from_tuple!(A B);
from_tuple!(A B C);
from_tuple!(A B C D);
