//! What an algorithm tells a store that runs it elsewhere, and one that stands in for it.

use std::num::NonZeroU32;

use smallvec::SmallVec;

/// The same arithmetic once more, in Lua, for a store that runs scripts.
///
/// A twin decides like its algorithm to the last microsecond. It is an expression whose value is a
/// function of the state, the time and the operation:
///
/// ```lua
/// function(seen, now, op, units, at, key)
///   -- ...
///   return allowed, granted, remaining, retry, reset, delay, fate, state, keep
/// end
/// ```
///
/// | argument | |
/// |---|---|
/// | `seen` | the state as it was last kept, a string; `false` of a key never seen |
/// | `now` | the time, in microseconds since the UNIX epoch |
/// | `op` | 0 decide, 1 charge, 2 refund, 3 take, 4 raise |
/// | `units` | how many units; a number, perhaps beyond 2^53 |
/// | `at` | `ARGV[at + 1]` is the first of the twin's [numbers](Self::numbers) |
/// | `key` | the Redis key, for a state that is [`Keeps::Set`] |
///
/// | result | |
/// |---|---|
/// | `allowed` | 1 or 0 |
/// | `granted` | what a take has taken; of any other operation it is not looked at |
/// | `remaining`, `reset`, `delay` | as in an [`Outcome`](super::Outcome), spans in microseconds |
/// | `retry` | microseconds; 0 for [`Retry::Now`](super::Retry), -1 for never |
/// | `fate` | 0 keep, 1 commit, 2 repair, 3 forget: a [`Change`](super::Change) |
/// | `state` | what is to be kept: a number or a string, `false` if a repair leaves nothing; or, of a set, a function that writes it |
/// | `keep` | for how many milliseconds; it counts as never seen from then on |
///
/// All numbers are doubles: exact below 2^53, which an algorithm has to stay below. Nothing may be
/// written before `state` is called or kept. The function may be called several times for one operation,
/// with 0 units or with fewer than were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    /// Names the state's format, with its version: states of one key and different tags are
    /// different states. A few letters and digits.
    pub tag: &'static str,
    /// The function.
    pub lua: &'static str,
    /// What the function finds in its `ARGV`. Two algorithms of one type with the same tag and numbers
    /// are the same limit.
    pub numbers: SmallVec<[u64; 6]>,
    /// What its state is.
    pub keeps: Keeps,
}

/// What a twin's state is, in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keeps {
    /// A text or number: a key's value, or a field of a hash beside the key's other limits.
    Text,
    /// A key of its own, whatever its type.
    Set,
}

/// Which of so many instances this is, where each is to keep its part of a limit by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Portion {
    of: NonZeroU32,
    rank: u32,
}

impl Portion {
    /// All of it: there is one instance.
    pub const WHOLE: Self = Self { of: NonZeroU32::MIN, rank: 0 };

    /// The part of the instance number `rank` of `of`; the first is 0. A rank beyond counts as the
    /// last one's.
    #[must_use]
    pub const fn new(rank: u32, of: NonZeroU32) -> Self {
        let last = of.get() - 1;
        Self { of, rank: if rank > last { last } else { rank } }
    }

    /// How many instances there are.
    #[must_use]
    pub const fn instances(self) -> NonZeroU32 {
        self.of
    }

    /// Which of them this is; the first is 0.
    #[must_use]
    pub const fn rank(self) -> u32 {
        self.rank
    }

    /// This instance's part of `units`: what cannot be divided goes to the first ones, so that all
    /// parts together are the whole.
    #[must_use]
    pub const fn part(self, units: u64) -> u64 {
        let of = self.of.get() as u64;
        units / of + ((self.rank as u64) < units % of) as u64
    }
}

impl Default for Portion {
    fn default() -> Self {
        Self::WHOLE
    }
}
