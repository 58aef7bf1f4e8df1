//! The row of `RetryLayer`: makes calls again that failed, and refuses nothing.

use palisade::{
    prelude::{Backoff, Jitter, RetryLayer},
    retry::RetryHandle,
};

use crate::support::{Before, DELAY};

pub(crate) type Layer = RetryLayer;
pub(crate) type Handle = RetryHandle;

pub(crate) const KIND: &str = "retry";
/// A call fails when its last attempt has. A service that could not be readied has taken the first: the
/// next call readies a clone for the second.
pub(crate) const ATTEMPTS: usize = 3;
/// A call may fail, and be made again, until it ends.
pub(crate) const HOLDS: bool = true;
/// A wait follows an attempt that failed.
pub(crate) const BEFORE: Before = Before::Fails;

pub(crate) fn generous() -> Layer {
    RetryLayer::standard()
}

pub(crate) fn loosen(handle: &Handle) {
    handle.set_max_attempts(9);
}

pub(crate) fn refused(_: &Handle) -> u64 {
    0
}

/// The second attempt, which is the last, comes so late.
pub(crate) fn waiting() -> Layer {
    RetryLayer::new(2).backoff(Backoff::fixed(DELAY).jitter(Jitter::None))
}
