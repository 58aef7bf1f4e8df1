//! Keys in an order that no prefetcher guesses.

use std::net::{IpAddr, Ipv4Addr};

/// Bytes of a text key: as many as a UUID's.
pub const TEXT: usize = 36;

/// Endless keys out of `0..n`, each equally likely: the requests of `n` callers.
#[derive(Clone, Debug)]
pub struct Walk {
    state: u64,
    n: u64,
}

impl Walk {
    /// A walk over `n` keys. Every walk is the same, so that all contenders get the same requests.
    #[must_use]
    pub fn over(n: u64) -> Self {
        Self { state: 0x9e37_79b9_7f4a_7c15, n }
    }

    /// The next key's number.
    #[inline]
    pub fn next_key(&mut self) -> u64 {
        // xorshift64, scaled by its upper half to `0..n`.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        ((self.state >> 32) * self.n) >> 32
    }
}

/// Key number `i` as an address.
#[must_use]
#[inline]
pub fn ip(i: u64) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | i as u32))
}

/// Key number `i` as text, written into a buffer of its own: a header's value is not heap-allocated
/// for the limiter's sake.
#[must_use]
#[inline]
pub fn text(i: u64) -> Text {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Text(*b"user:........@eu-west.tenant.example");
    for (place, digit) in text.0[5..13].iter_mut().enumerate() {
        *digit = DIGITS[(i >> (28 - 4 * place)) as usize & 15];
    }
    text
}

/// A key's text.
#[derive(Clone, Copy, Debug)]
pub struct Text([u8; TEXT]);

impl Text {
    /// The key.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Walk, ip, text};
    use std::collections::HashSet;

    #[test]
    fn a_walk_visits_every_key() {
        let mut walk = Walk::over(100);
        let seen: HashSet<_> = (0..2_000).map(|_| walk.next_key()).collect();
        assert_eq!(seen, (0..100).collect());
    }

    #[test]
    fn keys_are_told_apart() {
        assert_eq!(ip(258).to_string(), "10.0.1.2");
        assert_eq!(text(0x1f).as_str(), "user:0000001f@eu-west.tenant.example");
    }
}
