//! A place, by hand.

use palisade_core::guard::End;

use crate::stay::Stay;

/// A place in a [`Bulkhead`](crate::Bulkhead), given back when it is dropped.
///
/// Dropped it counts as passed, or as failed while its thread panics; [`failure`](Self::failure)
/// says that the work failed.
#[derive(Debug)]
#[must_use = "dropping a permit gives its place back"]
pub struct Permit {
    /// `None` where the bulkhead is switched off, or the refusal was not acted on.
    stay: Option<Stay>,
}

impl Permit {
    pub(crate) const fn new(stay: Option<Stay>) -> Self {
        Self { stay }
    }

    /// Gives the place back, and counts the call as failed.
    pub fn failure(mut self) {
        self.end(End::Failure);
    }

    #[inline]
    pub(crate) fn end(&mut self, end: End) {
        if let Some(stay) = &mut self.stay {
            stay.end(end);
        }
    }
}

impl Drop for Permit {
    #[inline]
    fn drop(&mut self) {
        // A stay that is dropped during a panic counts as failed.
        if !std::thread::panicking() {
            self.end(End::Success);
        }
    }
}
