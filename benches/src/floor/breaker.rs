//! A circuit breaker.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a breaker remembers of the calls that have ended.
pub trait Window {
    /// One has succeeded.
    fn succeeded(&self);

    /// One has failed. Whether that is one too many.
    fn failed(&self) -> bool;
}

/// A state and a window.
///
/// The state must be looked at before each call, and once more when it ends: what began before the
/// breaker opened must not count for what came afterwards. Less than two loads of a word cannot do that.
/// Everything else is the window's. What an open one waits for is left to a timer, so that a refusal
/// needs no clock.
#[derive(Debug)]
pub struct Breaker<W> {
    /// How often it has changed: closed if that is even, open if not.
    changes: AtomicU64,
    window: W,
}

impl<W: Window> Breaker<W> {
    /// A closed one.
    #[must_use]
    pub fn new(window: W) -> Self {
        Self { changes: AtomicU64::new(0), window }
    }

    /// A closed one that is never freed, so that calls may refer to it without counting references. A
    /// layer that counts one for each call pays two locked instructions for it.
    #[must_use]
    pub fn forever(window: W) -> &'static Self {
        Box::leak(Box::new(Self::new(window)))
    }

    /// Opens it.
    pub fn open(&self) {
        self.changes.fetch_or(1, Ordering::Relaxed);
    }

    /// When a call begins: what to say when it ends, unless it may not begin.
    #[inline]
    pub(super) fn admit(&self) -> Option<u64> {
        let changes = self.changes.load(Ordering::Relaxed);
        changes.is_multiple_of(2).then_some(changes)
    }

    /// When a call ends. One that never does is nobody's fault.
    #[inline]
    pub(super) fn ended(&self, admitted: u64, well: bool) {
        if self.changes.load(Ordering::Relaxed) != admitted {
            return;
        }
        if well {
            self.window.succeeded();
        } else if self.window.failed() {
            let (was, is) = (admitted, admitted + 1);
            // If it is no longer what it was, another call has opened it.
            self.changes.compare_exchange(was, is, Ordering::Relaxed, Ordering::Relaxed).ok();
        }
    }
}

/// Finds a request's breaker.
pub trait Find<Req> {
    /// What its breaker remembers.
    type Window: Window;
    /// A reference to its breaker.
    type Found: Deref<Target = Breaker<Self::Window>>;

    /// The breaker of this one.
    fn find(&self, request: &Req) -> Self::Found;
}

/// One breaker for all requests, behind a reference of this type.
#[derive(Clone, Copy, Debug)]
pub struct Sole<R>(pub R);

impl<Req, R, W> Find<Req> for Sole<R>
where
    R: Deref<Target = Breaker<W>> + Clone,
    W: Window,
{
    type Window = W;
    type Found = R;

    #[inline]
    fn find(&self, _: &Req) -> R {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, Window};
    use std::cell::Cell;
    use std::sync::atomic::Ordering;

    /// Opens at the first failure, and counts what it hears of.
    struct Strict(Cell<u32>);

    impl Window for &Strict {
        fn succeeded(&self) {
            self.0.update(|heard| heard + 1);
        }

        fn failed(&self) -> bool {
            self.0.update(|heard| heard + 1);
            true
        }
    }

    #[test]
    fn a_failure_opens_it() {
        let window = Strict(Cell::new(0));
        let breaker = Breaker::new(&window);
        let admitted = breaker.admit().expect("it is closed");
        breaker.ended(admitted, false);
        assert_eq!(breaker.admit(), None);
    }

    #[test]
    fn what_began_in_another_state_does_not_count() {
        let window = Strict(Cell::new(0));
        let breaker = Breaker::new(&window);
        let late = breaker.admit().expect("it is closed");
        // It has opened and closed again.
        breaker.changes.fetch_add(2, Ordering::Relaxed);
        breaker.ended(late, false);
        breaker.ended(late, true);
        assert_eq!(window.0.get(), 0);
        assert!(breaker.admit().is_some());
    }
}
