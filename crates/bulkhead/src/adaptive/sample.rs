//! What an algorithm learns from, and what it must be able to do.

use palisade_core::Micros;
use palisade_core::guard::End;

/// An algorithm that finds a limit from how calls fare.
///
/// It is plain and synchronous, and reads no clock: the same samples always give the same limits.
/// [`Adaptive`](super::Adaptive) shares it among threads.
///
/// ```
/// use palisade_bulkhead::adaptive::{Adapt, Adaptive, Outcome, Sample};
///
/// /// One up, one down.
/// #[derive(Debug)]
/// struct Stairs(u32);
///
/// impl Adapt for Stairs {
///     fn limit(&self) -> u32 {
///         self.0
///     }
///
///     fn adapt(&mut self, sample: &Sample) {
///         match sample.outcome {
///             Outcome::Served if sample.uses(self.0) => self.0 = self.0.saturating_add(1).min(100),
///             Outcome::Served => {}
///             Outcome::Dropped => self.0 = self.0.saturating_sub(1).max(1),
///         }
///     }
/// }
///
/// let adaptive = Adaptive::new(Stairs(10));
/// # assert_eq!(adaptive.limit(), 10);
/// ```
pub trait Adapt: Send {
    /// How many calls may be in flight now; 0 counts as 1.
    fn limit(&self) -> u32;

    /// Learns from one call. It runs where calls end, under a lock, possibly while a thread unwinds: it
    /// must be quick and must not panic.
    fn adapt(&mut self, sample: &Sample);
}

/// How one call fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was let through.
    pub began: Micros,
    /// How long it took from there. Waiting for the limit itself is no part of it.
    pub rtt: Micros,
    /// How many calls were in flight when it was let through, itself included.
    pub in_flight: u32,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a call ended, as far as it tells about too much load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was answered, however: its latency tells.
    Served,
    /// It was refused, cut off by a timeout, or failed as things fail under too much load: the limit is
    /// too high, whatever the latency.
    Dropped,
}

// ===== impl Sample =====

impl Sample {
    /// The sample of an admission that ended so at `now`; none if it was abandoned, which tells of
    /// the caller and not of what is called.
    ///
    /// A failure counts as dropped. Who can tell a mistake from an overload makes the sample by hand, and
    /// lets a mistake be served.
    ///
    /// ```
    /// use palisade_bulkhead::adaptive::{Outcome, Sample};
    /// use palisade_core::guard::End;
    /// use palisade_core::Micros;
    ///
    /// let began = Micros(1_000);
    /// let sample = Sample::of(began, End::Success, Micros(1_250), 3).unwrap();
    /// assert_eq!((sample.rtt, sample.outcome), (Micros(250), Outcome::Served));
    /// assert_eq!(Sample::of(began, End::Abandoned, Micros(1_250), 3), None);
    /// ```
    #[must_use]
    pub fn of(began: Micros, end: End, now: Micros, in_flight: u32) -> Option<Self> {
        let outcome = match end {
            End::Success => Outcome::Served,
            End::Failure => Outcome::Dropped,
            End::Abandoned => return None,
        };
        Some(Self { began, rtt: now.since(began), in_flight, outcome })
    }

    /// When the call ended.
    #[must_use]
    pub fn ended(&self) -> Micros {
        self.began + self.rtt
    }

    /// Whether `limit` was in use when the call began: at least half of it was in flight.
    ///
    /// A call that had all the room it wanted says nothing about a limit.
    #[must_use]
    pub const fn uses(&self, limit: u32) -> bool {
        self.in_flight as u64 * 2 >= limit as u64
    }
}
