//! Events for `tracing`, which the feature of that name switches on.

use crate::{Name, Rejection};

/// A rejection, at level DEBUG: at the height of a flood there are as many as there are requests.
#[inline]
pub fn rejected(why: &Rejection) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        target: "palisade",
        layer = why.layer(),
        name = why.name(),
        reason = why.reason().label(),
        "{why}"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = why;
}

/// Something that somebody should look at, at level WARN. The caller says it once.
#[inline]
pub fn warn(layer: &'static str, name: Name, message: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "palisade", layer, name = name.as_str(), "{message}");
    #[cfg(not(feature = "tracing"))]
    let _ = (layer, name, message);
}
