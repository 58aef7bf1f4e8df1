//! When an answer must be there, as it travels.
//!
//! Within a process the deadline of a call is in its [`CallContext`](crate::CallContext). From one
//! process to the next it travels as the time that remains, since clocks differ: gRPC calls have
//! `grpc-timeout`, other requests `x-request-timeout-ms`. A header of a stranger can only bring a
//! deadline forward.

mod wire;

use std::fmt;
use std::time::Duration;

pub use self::wire::{GRPC_TIMEOUT, REQUEST_TIMEOUT_MS, read, write};
use crate::{Clock, Micros};

/// When the answer to a request must be there: an extension of the request, for handlers that want to
/// know how much time they have.
///
/// Layers find the same in the [`CallContext`](crate::CallContext); a request has the extension only if
/// a timeout was told to attach it.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::{Deadline, ManualClock, Micros};
///
/// let time = ManualClock::new();
/// let deadline = Deadline::new(time.clock().now() + Micros(5_000_000), time.clock());
/// time.advance(Duration::from_secs(2));
/// assert_eq!(deadline.remaining(), Duration::from_secs(3));
/// ```
#[derive(Clone)]
pub struct Deadline {
    at: Micros,
    clock: Clock,
}

impl Deadline {
    /// At this time of this clock.
    #[must_use]
    pub const fn new(at: Micros, clock: Clock) -> Self {
        Self { at, clock }
    }

    /// When it is, by the clock of the layer that set it.
    #[must_use]
    pub const fn at(&self) -> Micros {
        self.at
    }

    /// How long it is until then; nothing if it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.at.since(self.clock.now()).to_duration()
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deadline").field(&self.at).finish()
    }
}
