//! Requests of any type.

use std::fmt;

use super::Repeat;

/// Requests are cloned, and all of them may be sent twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cloned;

/// A closure makes a copy of each request, before it is sent; those that it makes none of are sent
/// once.
#[derive(Clone, Copy)]
pub struct RepeatBy<F>(pub F);

impl<Req: Clone> Repeat<Req> for Cloned {
    type Kept = Req;

    #[inline]
    fn keep(&self, request: Req, _: usize) -> (Req, Option<Req>) {
        let kept = request.clone();
        (request, Some(kept))
    }

    fn again(&self, kept: &Req) -> Option<Req> {
        Some(kept.clone())
    }

    fn can_repeat(&self, _: &Req) -> bool {
        true
    }

    #[inline]
    fn is_idempotent(&self, _: &Req) -> bool {
        true
    }
}

impl<Req, F: Fn(&Req) -> Option<Req>> Repeat<Req> for RepeatBy<F> {
    type Kept = Req;

    fn keep(&self, request: Req, _: usize) -> (Req, Option<Req>) {
        let kept = (self.0)(&request);
        (request, kept)
    }

    fn again(&self, kept: &Req) -> Option<Req> {
        (self.0)(kept)
    }

    fn is_idempotent(&self, _: &Req) -> bool {
        true
    }
}

impl<F> fmt::Debug for RepeatBy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RepeatBy")
    }
}
