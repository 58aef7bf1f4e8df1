//! Which slot a key has, and who owns it.

use std::ops::RangeInclusive;

use super::SLOTS;
use crate::{Reply, Server};

pub(super) fn of(key: &[u8]) -> u16 {
    crc(tag(key)) % SLOTS
}

/// What is between the first brace that opens and the next one that closes, unless that is nothing.
fn tag(key: &[u8]) -> &[u8] {
    let inner = || {
        let mut parts = key.splitn(2, |&byte| byte == b'{').skip(1);
        let rest = parts.next()?;
        let end = rest.iter().position(|&byte| byte == b'}')?;
        rest.get(..end).filter(|tag| !tag.is_empty())
    };
    inner().unwrap_or(key)
}

/// CRC-16/XMODEM, bit by bit: it is asked for few keys.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

/// Slots that a primary owns.
pub(super) struct Owned {
    pub(super) slots: RangeInclusive<u16>,
    pub(super) port: u16,
}

/// Who owns what, in the eyes of `node`. None if it does not answer.
pub(super) fn owners(node: &Server) -> Option<Vec<Owned>> {
    let reply = node.command(&["CLUSTER", "SLOTS"]).ok()?;
    reply.array().iter().map(owned).collect()
}

/// First slot, last slot, primary (address, port, ...), replicas.
fn owned(entry: &Reply) -> Option<Owned> {
    let [first, last, primary, ..] = entry.array() else { return None };
    let number = |reply: &Reply| u16::try_from(reply.integer()).ok();
    let port = number(primary.array().get(1)?)?;
    Some(Owned { slots: number(first)?..=number(last)?, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc(b"123456789"), 0x31C3);
        assert_eq!(of(b"foo"), 12_182);
        assert_eq!(of(b"{user1000}.following"), of(b"user1000"));
        assert_eq!(tag(b"foo{}{bar}"), b"foo{}{bar}");
        assert_eq!(tag(b"foo{{bar}}zap"), b"{bar");
        assert_eq!(tag(b"foo{bar}{zap}"), b"bar");
    }
}
