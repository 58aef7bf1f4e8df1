//! One part of a key.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// How much of a long text is lowered, hashed or compared at once.
pub(super) const CHUNK: usize = 64;

/// At most 24 bytes, so that keys stay cheap to move: hence a `u128` in two halves.
#[derive(Clone)]
pub(super) enum Part<'a> {
    /// Text or bytes: which one is of interest only when it is spelled.
    Text(&'a [u8]),
    Caseless(&'a str),
    Owned(String),
    Number(u64),
    /// More than 64 bits: high half, low half.
    Wide(u64, u64),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Id([u8; 16]),
    /// What the parts from the fourth on have become.
    Rest([u8; 16]),
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

impl Part<'_> {
    pub(super) fn wide(number: u128) -> Self {
        match u64::try_from(number) {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Wide((number >> 64) as u64, number as u64),
        }
    }

    pub(super) fn ip(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::V4(ip),
            IpAddr::V6(ip) => Self::V6(ip),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Text(_) | Self::Caseless(_) | Self::Owned(_) => Kind::Text,
            Self::Number(_) => Kind::Number,
            Self::Wide(..) => Kind::Wide,
            Self::V4(_) => Kind::V4,
            Self::V6(_) => Kind::V6,
            Self::Id(_) => Kind::Id,
            Self::Rest(_) => Kind::Rest,
        }
    }

    /// The bytes as they were given; `true` if their case does not count.
    pub(super) fn text(&self) -> Option<(&[u8], bool)> {
        match self {
            Self::Text(bytes) => Some((bytes, false)),
            Self::Caseless(text) => Some((text.as_bytes(), true)),
            Self::Owned(text) => Some((text.as_bytes(), false)),
            _ => None,
        }
    }

    /// Everything but text, as a number; with the kind it is the whole content.
    pub(super) fn number(&self) -> u128 {
        match self {
            Self::Text(_) | Self::Caseless(_) | Self::Owned(_) => 0,
            Self::Number(number) => u128::from(*number),
            Self::Wide(high, low) => u128::from(*high) << 64 | u128::from(*low),
            Self::V4(ip) => u128::from(ip.to_bits()),
            Self::V6(ip) => ip.to_bits(),
            Self::Id(bytes) | Self::Rest(bytes) => u128::from_be_bytes(*bytes),
        }
    }
}

impl PartialEq for Part<'_> {
    fn eq(&self, other: &Part<'_>) -> bool {
        match (self.text(), other.text()) {
            (Some((a, false)), Some((b, false))) => a == b,
            (Some((a, true)), Some((b, true))) => a.eq_ignore_ascii_case(b),
            (Some((lower, false)), Some((any, true)))
            | (Some((any, true)), Some((lower, false))) => {
                any.iter().map(u8::to_ascii_lowercase).eq(lower.iter().copied())
            }
            _ => self.kind() == other.kind() && self.number() == other.number(),
        }
    }
}

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
