//! One part of a key.

use std::{fmt, net::IpAddr};

/// How much of a long text is lowered or hashed at once.
pub(super) const CHUNK: usize = 64;

/// 24 bytes and nothing to drop, so that keys stay cheap to move: hence 128 bits in a high and a
/// low half.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// Text or bytes: which one is of interest only when it is spelled.
    Text(&'a [u8]),
    Caseless(&'a str),
    /// Text that the key keeps beside its parts. Only keys see it; they show it as `Text`.
    Owned,
    Number(u64),
    /// A number of more than 64 bits.
    Wide(u64, u64),
    V4(u32),
    V6(u64, u64),
    Id(u64, u64),
    /// What the parts from the fourth on have become.
    Rest(u64, u64),
}

/// What tells parts apart whose content is equal; its numbers enter fingerprints only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Text = 1,
    Number,
    Wide,
    V4,
    V6,
    Id,
    Rest,
}

// ===== impl Part =====

impl<'a> Part<'a> {
    #[inline]
    pub(super) fn wide(number: u128) -> Self {
        match u64::try_from(number) {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Wide(high(number), low(number)),
        }
    }

    /// `IpAddr::to_canonical` compares byte by byte, which is most of this function's time.
    #[inline]
    pub(super) fn ip(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::V4(ip.to_bits()),
            IpAddr::V6(ip) => match ip.to_bits() {
                mapped if mapped >> 32 == 0xffff => Self::V4(mapped as u32),
                bits => Self::V6(high(bits), low(bits)),
            },
        }
    }

    #[inline]
    pub(super) fn id(bytes: [u8; 16]) -> Self {
        let bits = u128::from_be_bytes(bytes);
        Self::Id(high(bits), low(bits))
    }

    pub(super) fn rest(digest: [u8; 16]) -> Self {
        let bits = u128::from_be_bytes(digest);
        Self::Rest(high(bits), low(bits))
    }

    #[inline]
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Text(_) | Self::Caseless(_) | Self::Owned => Kind::Text,
            Self::Number(_) => Kind::Number,
            Self::Wide(..) => Kind::Wide,
            Self::V4(_) => Kind::V4,
            Self::V6(..) => Kind::V6,
            Self::Id(..) => Kind::Id,
            Self::Rest(..) => Kind::Rest,
        }
    }

    /// The bytes as they were given; `true` if their case does not count.
    #[inline]
    pub(super) fn text(self) -> Option<(&'a [u8], bool)> {
        match self {
            Self::Text(bytes) => Some((bytes, false)),
            Self::Caseless(text) => Some((text.as_bytes(), true)),
            Self::Owned => Some((&[], false)),
            _ => None,
        }
    }

    /// Everything but text, as a number; with the kind it is the whole content.
    #[inline]
    pub(super) fn number(self) -> u128 {
        match self {
            Self::Text(_) | Self::Caseless(_) | Self::Owned => 0,
            Self::Number(number) => u128::from(number),
            Self::V4(ip) => u128::from(ip),
            Self::Wide(high, low)
            | Self::V6(high, low)
            | Self::Id(high, low)
            | Self::Rest(high, low) => u128::from(high) << 64 | u128::from(low),
        }
    }
}

impl PartialEq for Part<'_> {
    fn eq(&self, other: &Part<'_>) -> bool {
        match (self.text(), other.text()) {
            (Some((a, false)), Some((b, false))) => a == b,
            (Some((a, true)), Some((b, true))) => a.eq_ignore_ascii_case(b),
            (Some((a, false)), Some((b, true))) | (Some((b, true)), Some((a, false))) => {
                b.iter().map(u8::to_ascii_lowercase).eq(a.iter().copied())
            }
            _ => self.kind() == other.kind() && self.number() == other.number(),
        }
    }
}

/// The kind, and the length of text.
impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.text(), self.kind()) {
            (Some((bytes, _)), _) => write!(f, "text of {}", bytes.len()),
            (None, Kind::Text | Kind::Number | Kind::Wide) => f.write_str("number"),
            (None, Kind::V4 | Kind::V6) => f.write_str("ip"),
            (None, Kind::Id) => f.write_str("id"),
            (None, Kind::Rest) => f.write_str("rest"),
        }
    }
}

/// Calls `each` with the text in pieces of at most [`CHUNK`] bytes, in lower case if its case does
/// not count. Text in either form comes in the same pieces.
#[inline]
pub(super) fn for_each_chunk(bytes: &[u8], caseless: bool, mut each: impl FnMut(&[u8])) {
    for chunk in bytes.chunks(CHUNK) {
        if caseless {
            let mut lower = [0; CHUNK];
            let lower = &mut lower[..chunk.len()];
            lower.copy_from_slice(chunk);
            lower.make_ascii_lowercase();
            each(lower);
        } else {
            each(chunk);
        }
    }
}

fn high(bits: u128) -> u64 {
    (bits >> 64) as u64
}

fn low(bits: u128) -> u64 {
    bits as u64
}
