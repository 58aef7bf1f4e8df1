//! A place, by hand.

use palisade_core::guard::{End, Guard};

use crate::room::Room;

/// A place in a [`Bulkhead`](crate::Bulkhead), given back when it is dropped.
///
/// Dropped it counts as passed, or as failed while its thread panics; [`failure`](Self::failure)
/// says that the work failed.
#[derive(Debug)]
#[must_use = "dropping a permit gives its place back"]
pub struct Permit {
    /// `None` where the bulkhead is switched off, or the refusal was not acted on.
    guard: Option<Guard<Room>>,
}

impl Permit {
    pub(crate) const fn new(guard: Option<Guard<Room>>) -> Self {
        Self { guard }
    }

    /// Gives the place back, and counts the call as failed.
    pub fn failure(mut self) {
        self.settle(End::Failure);
    }

    pub(crate) fn settle(&mut self, end: End) {
        if let Some(guard) = self.guard.take() {
            guard.settle(end);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // A guard that is dropped during a panic settles itself as a failure.
        if !std::thread::panicking() {
            self.settle(End::Success);
        }
    }
}
