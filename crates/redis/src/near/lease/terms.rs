//! How units are taken ahead.

use std::time::Duration;

use palisade_core::Micros;

/// How many units, for how long, and when not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// At most so many; with fewer than 2 none are.
    pub(super) most: u64,
    pub(super) ttl: Micros,
    pub(super) cool_down: Micros,
    pub(super) most_keys: usize,
}

/// The bounds of `ttl`, and of a cool-down from above.
const TTL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(10));

impl Terms {
    pub(super) fn new(most: u32, ttl: Duration) -> Self {
        let ttl = ttl.clamp(TTL.0, TTL.1).into();
        Self { most: most.into(), ttl, cool_down: Micros(10_000), most_keys: 10_000 }
    }

    pub(super) fn with_cool_down(self, cool_down: Duration) -> Self {
        Self { cool_down: cool_down.min(TTL.1).into(), ..self }
    }
}
