//! What is looked up only when an attempt has failed. What the handle cannot change of it is there for as
//! long as the layer.

use http::HeaderName;
use palisade_core::{Clock, Micros, Name};

use crate::backoff::Backoff;
use crate::budget::Budget;
use crate::statuses::Statuses;

/// How further attempts are made.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) backoff: Backoff,
    pub(crate) budget: Budget,
    /// Whether somebody gave the budget to the layer, or it is one of its own.
    pub(crate) given: bool,
    pub(crate) statuses: Statuses,
    /// No attempt begins so long after the first; [`Micros::MAX`] if it is no matter how long.
    pub(crate) max_elapsed: Micros,
    /// Where the number of the attempt is written.
    pub(crate) attempt_header: Option<HeaderName>,
    /// Whoever asks for more than this is not asked again.
    pub(crate) max_retry_after: Micros,
    pub(crate) name: Name,
    pub(crate) clock: Clock,
    /// `None`: jitter is not to be foreseen.
    pub(crate) seed: Option<u64>,
}

/// The longest time that whoever asks for it is left alone, unless told otherwise.
pub(crate) const MAX_RETRY_AFTER: Micros = Micros(60_000_000);

impl Default for Plan {
    fn default() -> Self {
        Self {
            backoff: Backoff::default(),
            budget: Budget::default(),
            given: false,
            statuses: Statuses::default(),
            max_elapsed: Micros::MAX,
            attempt_header: None,
            max_retry_after: MAX_RETRY_AFTER,
            name: Name::default(),
            clock: Clock::default(),
            seed: None,
        }
    }
}
