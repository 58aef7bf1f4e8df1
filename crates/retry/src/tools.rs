//! What a further attempt is made with.

use http::HeaderMap;
use palisade_core::deadline::{self, GRPC_TIMEOUT, REQUEST_TIMEOUT_MS};
use palisade_core::{CallContext, Micros};

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
        self.again().is_some()
    }
}

/// Tells an attempt how much time it has, if the first one was told: time has passed since.
pub(crate) fn refresh_deadline(
    headers: &mut HeaderMap,
    is_grpc: bool,
    context: &CallContext,
    now: impl FnOnce() -> Micros,
) {
    let name = if is_grpc { &GRPC_TIMEOUT } else { &REQUEST_TIMEOUT_MS };
    if let Some(deadline) = context.deadline()
        && headers.contains_key(name)
    {
        deadline::write(headers, is_grpc, deadline.since(now()));
    }
}
