//! The row of `HedgeLayer`: makes slow calls twice, and refuses nothing.

use palisade::{
    prelude::{Budget, HedgeLayer},
    retry::hedge::HedgeHandle,
};

use crate::support::{Before, DELAY, LATE};

pub(crate) type Layer = HedgeLayer;
pub(crate) type Handle = HedgeHandle;

pub(crate) const KIND: &str = "hedge";
/// A call that fails before it is slow is not made again.
pub(crate) const ATTEMPTS: usize = 1;
/// A call may be slow until it ends.
pub(crate) const HOLDS: bool = true;

/// Nothing that the suite sends is slow./// A wait is one for the first request.
pub(crate) const BEFORE: Before = Before::Hangs;

pub(crate) fn generous() -> Layer {
    HedgeLayer::after(LATE * 10)
}

pub(crate) fn loosen(handle: &Handle) {
    handle.set_after(LATE * 20);
}

pub(crate) fn refused(_: &Handle) -> u64 {
    0
}

/// The second request comes so late, whatever it costs.
pub(crate) fn waiting() -> Layer {
    HedgeLayer::after(DELAY).budget(Budget::unlimited())
}
