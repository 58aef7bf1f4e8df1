//! Additive increase, multiplicative decrease.

use std::time::Duration;

use palisade_core::{Micros, Ratio};

use super::bounds::Bounds;
use super::{Adapt, Outcome, Sample};

/// Grows by one a round trip while all goes well; falls to 90 % when a call is dropped or too slow.
///
/// The rule that keeps the Internet from collapsing: D. Chiu and R. Jain, "Analysis of the Increase
/// and Decrease Algorithms for Congestion Avoidance in Computer Networks" (1989), who show that of
/// all linear rules this one lets many senders arrive at fair shares; in TCP, RFC 5681, 3.1.
///
/// - **A round trip** is as many served calls as the limit is: a limit of 50 is 51 after 50 calls. So
///   growth keeps pace with latency, without a clock.
/// - **One decrease a round trip.** Calls that began before the limit fell had been let through under
///   the higher one, so they count neither for nor against the new one. If a hundred calls fail at
///   once the limit falls once, to 90 % and not to the ground.
/// - Calls that did not have the limit in use count for nothing, dropped ones included.
///
/// Start at 20, [back off](Self::backoff) to 90 %, [too slow](Self::threshold) from 5 s on.
#[derive(Clone, Debug)]
pub struct Aimd {
    bounds: Bounds,
    backoff: Ratio,
    increase: u32,
    threshold: Micros,
    limit: u32,
    /// Calls served since the limit last changed.
    served: u32,
    fell_at: Micros,
}

// ===== impl Aimd =====

impl Aimd {
    /// A limit from `min` to `max`, both included. A `min` of 0 counts as 1, a `max` below `min` as
    /// `min`.
    ///
    /// ```
    /// use palisade_bulkhead::adaptive::{Adapt, Aimd};
    ///
    /// assert_eq!(Aimd::new(1, 200).limit(), 20);
    /// assert_eq!(Aimd::new(0, 0).limit(), 1);
    /// ```
    #[must_use]
    pub fn new(min: u32, max: u32) -> Self {
        let bounds = Bounds::new(min, max);
        Self {
            bounds,
            backoff: Ratio::percent(90),
            increase: 1,
            threshold: Micros::from(Duration::from_secs(5)),
            limit: bounds.clamp(Bounds::START),
            served: 0,
            fell_at: Micros::ZERO,
        }
    }

    /// The limit to start at; the nearest within the bounds. 20 by default.
    #[must_use]
    pub const fn start(mut self, limit: u32) -> Self {
        self.limit = self.bounds.clamp(limit);
        self
    }

    /// What remains of the limit when it falls, rounded down; at least one less. 90 % by default.
    #[must_use]
    pub const fn backoff(mut self, remains: Ratio) -> Self {
        self.backoff = remains;
        self
    }

    /// By how much the limit grows in a round trip; 1 by default, 0 keeps it from growing.
    #[must_use]
    pub const fn increase(mut self, by: u32) -> Self {
        self.increase = by;
        self
    }

    /// A call that took longer than `slow` counts as dropped. 5 s by default: name what is too slow
    /// for you, or nothing but drops makes the limit fall.
    #[must_use]
    pub const fn threshold(mut self, slow: Duration) -> Self {
        self.threshold = Micros::from_duration(slow);
        self
    }

    fn fall(&mut self, at: Micros) {
        let share = u64::from(self.limit) * u64::from(self.backoff.ppm()) / 1_000_000;
        // A share of a `u32` is one.
        let lower = (share as u32).min(self.limit - 1);
        self.limit = self.bounds.clamp(lower);
        self.served = 0;
        self.fell_at = at;
    }

    const fn rise(&mut self) {
        self.served += 1;
        if self.served >= self.limit {
            self.limit = self.bounds.clamp(self.limit.saturating_add(self.increase));
            self.served = 0;
        }
    }
}

impl Adapt for Aimd {
    fn limit(&self) -> u32 {
        self.limit
    }

    fn adapt(&mut self, sample: &Sample) {
        // Calls end after each other. If this one did not, the clock was set back, and the limit
        // would wait for the old time to come again.
        self.fell_at = self.fell_at.min(sample.ended());
        if !sample.uses(self.limit) || sample.began < self.fell_at {
            return;
        }
        match sample.outcome {
            Outcome::Served if sample.rtt <= self.threshold => self.rise(),
            Outcome::Served | Outcome::Dropped => self.fall(sample.ended()),
        }
    }
}
