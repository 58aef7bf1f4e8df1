//! What follows from a look at the tape.

use std::task::Waker;

use smallvec::SmallVec;

use super::frame::Recorded;
use crate::replay::Lost;

/// What a reader has to do.
pub(super) enum Next {
    Frame(Recorded),
    End,
    Lost(Lost),
    Wait,
    /// Take the rest, poll it and put it back.
    Poll,
    /// Take the rest and keep it.
    Own,
}

/// What is done when the lock is free.
#[derive(Default)]
pub(super) struct After {
    pub(super) wake: SmallVec<[Waker; 2]>,
    /// Dropped, which may run an owner's code.
    pub(super) let_go: SmallVec<[Recorded; 1]>,
}

impl After {
    /// Without the lock.
    pub(super) fn run(self) {
        for waker in self.wake {
            waker.wake();
        }
        drop(self.let_go);
    }
}
