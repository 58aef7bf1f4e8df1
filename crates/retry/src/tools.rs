//! What a further attempt is made with.

use http::HeaderMap;
use palisade_core::{CallContext, Micros, deadline};

use crate::repeat::Repeat;

/// What a further attempt is made with.
pub(crate) struct Tools<S, J, K, T> {
    pub(crate) service: S,
    pub(crate) judge: J,
    pub(crate) repeat: K,
    /// What the request is remade of, if it can be.
    pub(crate) kept: Option<T>,
}

impl<S, J, K, T> Tools<S, J, K, T> {
    /// The request once more, if it can be remade.
    pub(crate) fn again<Req>(&self) -> Option<Req>
    where
        K: Repeat<Req, Kept = T>,
    {
        self.repeat.again(self.kept.as_ref()?)
    }

    /// Whether it can: a body that was still to come may have turned out to be too large.
    pub(crate) fn can_repeat<Req>(&self) -> bool
    where
        K: Repeat<Req, Kept = T>,
    {
        self.kept.as_ref().is_some_and(|kept| self.repeat.can_repeat(kept))
    }
}

/// Tells an attempt how much time it has, if the first one was told: time has passed since. What travels
/// is the end of the whole answer, and whoever wrote that there is less is believed.
pub(crate) fn refresh_deadline(
    headers: &mut HeaderMap,
    is_grpc: bool,
    context: &CallContext,
    now: impl FnOnce() -> Micros,
) {
    let Some(end) = context.end() else { return };
    let Some(said) = deadline::read(headers, is_grpc) else { return };
    let remaining = end.since(now());
    if remaining < said {
        deadline::write(headers, is_grpc, remaining);
    }
}
