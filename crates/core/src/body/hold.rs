//! A guard that a body holds.
//!
//! Behind a box, so that a body that holds none (as most do) is eight bytes larger and not forty:
//! responses are moved around a lot, and a stack of layers nests its bodies. (Inline it cost each
//! HTTP layer of a stack 25 ns of 125, row "http, by ip".) A box that is done with is kept by the
//! thread for its next guard, so that holding one does not allocate as a rule.

use std::cell::RefCell;

use http::HeaderMap;

use crate::classify::{self, Verdict};
use crate::guard::{End, Guard};

/// How many boxes a thread keeps.
const SPARE: usize = 64;

thread_local! {
    #[allow(clippy::vec_box)] // The boxes are what is kept.
    static BOXES: RefCell<Vec<Box<Option<Inner>>>> = const { RefCell::new(Vec::new()) };
}

/// A guard, or none. Dropped, it drops the guard.
pub(super) struct Hold(Option<Box<Option<Inner>>>);

/// A guard, and what its response's head says of the end.
struct Inner {
    guard: Guard,
    verdict: Verdict,
}

impl Hold {
    /// No guard.
    pub(super) const NONE: Self = Self(None);

    /// Holds `guard` for the body of a response whose head says `verdict`.
    pub(super) fn new(guard: Guard, verdict: Verdict) -> Self {
        let spare = BOXES.try_with(|boxes| boxes.try_borrow_mut().ok()?.pop()).ok().flatten();
        let mut held = spare.unwrap_or_default();
        *held = Some(Inner { guard, verdict });
        Self(Some(held))
    }

    /// Whether there is a guard.
    #[inline]
    pub(super) const fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// The body came to its proper end, with these trailers.
    pub(super) fn complete(&mut self, trailers: Option<&HeaderMap>) {
        if let Some(Inner { guard, verdict }) = self.take() {
            let verdict = match verdict {
                Verdict::AtEnd => classify::grpc_status(trailers),
                known => known,
            };
            guard.settle(if verdict == Verdict::Failure { End::Failure } else { End::Success });
        }
    }

    /// The body broke off.
    pub(super) fn fail(&mut self) {
        if let Some(Inner { guard, .. }) = self.take() {
            guard.failure();
        }
    }

    /// Takes the guard out, and keeps the box for the next one.
    fn take(&mut self) -> Option<Inner> {
        let mut spare = self.0.take()?;
        let inner = spare.take();
        let _ = BOXES.try_with(|boxes| {
            if let Ok(mut boxes) = boxes.try_borrow_mut()
                && boxes.len() < SPARE
            {
                boxes.push(spare);
            }
        });
        inner
    }
}

impl Drop for Hold {
    #[inline]
    fn drop(&mut self) {
        if self.is_some() {
            drop(self.take());
        }
    }
}
