//! What is flooded: one unit a second and key, counted in each way that there is.

use std::time::Duration;

use palisade::{Micros, RateLimiter, prelude::*, ratelimit::Anchor};

/// How often a key may call.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);

/// A limiter, and what its documentation promises.
pub(crate) struct Kind {
    pub(crate) limiter: fn() -> RateLimiter,
    /// When a key that was granted a unit at a time gets the next.
    pub(crate) until: fn(granted: Micros) -> Micros,
    /// How much memory a key takes at most.
    pub(crate) bytes: u64,
}

pub(crate) const BUCKET: Kind =
    Kind { limiter: || RateLimiter::new(per_second(1)), until: a_period_later, bytes: sparse(20) };

pub(crate) const FIXED_WINDOW: Kind = Kind {
    limiter: || RateLimiter::with(FixedWindow::new(per_second(1)).anchor(Anchor::FirstHit)),
    until: a_period_later,
    bytes: sparse(36),
};

/// The window after the one with the grant still counts all of it at its beginning.
pub(crate) const SLIDING_WINDOW: Kind = Kind {
    limiter: || RateLimiter::with(SlidingWindow::new(per_second(1))),
    until: |granted| {
        let period = Micros::from(PERIOD);
        Micros(granted.0 - granted.0 % period.0) + period + period
    },
    bytes: sparse(36),
};

/// A list, of which the shortest has room for four grants, and what says where it is.
pub(crate) const SLIDING_LOG: Kind = Kind {
    limiter: || RateLimiter::with(SlidingLog::new(per_second(1))),
    until: a_period_later,
    bytes: sparse(36) + 4 * 12 + 48,
};

/// What a slot of so many bytes takes with its tag, where slots are as empty as they can be: a table
/// of which 7/8 may be taken doubles when a little more than half of that is, and the rest worn out.
const fn sparse(slot: u64) -> u64 {
    (slot + 1) * 32 / 7
}

fn a_period_later(granted: Micros) -> Micros {
    granted + Micros::from(PERIOD)
}
