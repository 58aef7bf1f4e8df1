//! The numbers that every call reads, in one word.

/// How often and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) enabled: bool,
    /// Whether the time of the first attempt matters.
    pub(crate) timed: bool,
    /// Attempts in all, at least 1.
    pub(crate) max_attempts: u32,
    /// Bytes of a request's body that are kept.
    pub(crate) max_replay: u32,
}

/// Bytes that are kept unless told otherwise.
pub(crate) const MAX_REPLAY: u32 = 64 * 1024;

const ENABLED: u64 = 1 << 63;
const TIMED: u64 = 1 << 62;
pub(crate) const MOST_ATTEMPTS: u32 = (1 << 30) - 1;

impl Settings {
    pub(crate) const fn pack(self) -> u64 {
        let attempts = match self.max_attempts {
            0 => 1,
            more if more > MOST_ATTEMPTS => MOST_ATTEMPTS,
            some => some,
        };
        let flags = if self.enabled { ENABLED } else { 0 } | if self.timed { TIMED } else { 0 };
        flags | (attempts as u64) << 32 | self.max_replay as u64
    }

    pub(crate) const fn unpack(word: u64) -> Self {
        Self {
            enabled: word & ENABLED != 0,
            timed: word & TIMED != 0,
            max_attempts: (word >> 32) as u32 & MOST_ATTEMPTS,
            max_replay: word as u32,
        }
    }
}
