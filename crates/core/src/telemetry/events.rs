//! Events for `tracing`, which the feature of that name switches on.

use std::fmt;

use crate::{Micros, Name, Rejection};

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

/// A change of a layer's state, at level INFO, or WARN if callers are worse off for it.
#[inline]
pub fn transition(layer: &'static str, name: Name, worse: bool, message: &dyn fmt::Display) {
    #[cfg(feature = "tracing")]
    match worse {
        true => tracing::warn!(target: "palisade", layer, name = name.as_str(), "{message}"),
        false => tracing::info!(target: "palisade", layer, name = name.as_str(), "{message}"),
    }
    #[cfg(not(feature = "tracing"))]
    let _ = (layer, name, worse, message);
}

/// A call that is made again, at level DEBUG: the attempt's number, and how long it waits for it.
#[inline]
pub fn retried(layer: &'static str, name: Name, attempt: u32, wait: Micros) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "palisade", layer, name = name.as_str(), attempt, "again in {wait}");
    #[cfg(not(feature = "tracing"))]
    let _ = (layer, name, attempt, wait);
}

/// How long a call has waited before it was let through or refused: `wait_seconds`, a histogram.
/// Calls that pass at once are not recorded.
#[inline]
pub fn waited(layer: &'static str, name: Name, span: Micros) {
    #[cfg(feature = "metrics")]
    metrics::histogram!("palisade_wait_seconds", "layer" => layer, "name" => name.as_str())
        .record(span.to_duration().as_secs_f64());
    #[cfg(not(feature = "metrics"))]
    let _ = (layer, name, span);
}
