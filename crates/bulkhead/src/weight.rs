//! How many units a request takes.

use std::fmt;

use palisade_core::{HasHead, Head};

/// How many units a request takes while it is under way.
///
/// [`One`] unless set; any `Fn(&Req) -> u32` is one, for requests of any type; and
/// [`weight_by`](crate::BulkheadLayer::weight_by) looks at the head of an HTTP request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot weigh a `{Req}`",
    label = "no weight for this request type",
    note = "for HTTP requests use `.weight_by(|head| ..)`",
    note = "for any other request use `.weigh(|request: &{Req}| ..)`"
)]
pub trait Weigh<Req> {
    /// The units. More than the limit counts as the limit; 0 takes none and always passes.
    fn weight(&self, request: &Req) -> u32;
}

/// Each request takes one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct One;

/// What a closure says of a request's head.
#[derive(Clone, Copy)]
pub struct WeightBy<F>(pub(crate) F);

impl<Req> Weigh<Req> for One {
    #[inline]
    fn weight(&self, _: &Req) -> u32 {
        1
    }
}

impl<Req, F: Fn(&Req) -> u32> Weigh<Req> for F {
    #[inline]
    fn weight(&self, request: &Req) -> u32 {
        self(request)
    }
}

impl<Req: HasHead, F: Fn(&Head<'_>) -> u32> Weigh<Req> for WeightBy<F> {
    #[inline]
    fn weight(&self, request: &Req) -> u32 {
        (self.0)(&request.head())
    }
}

impl<F> fmt::Debug for WeightBy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeightBy")
    }
}
