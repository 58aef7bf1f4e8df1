//! Why a call is refused, before it is a rejection.

use palisade_core::base::Shared as _;
use palisade_core::store::Source;
use palisade_core::{Micros, Name, Reason, Rejection};

use crate::shared::Shared;
use crate::shared::counters::LAYER;

/// Why a call is to be refused.
pub(crate) struct Why {
    pub(crate) name: Name,
    pub(crate) reason: Reason,
    pub(crate) wait: Option<Micros>,
    /// Who decided, if a store was asked.
    pub(crate) source: Option<Source>,
}

impl Why {
    /// The call's deadline has passed.
    pub(crate) fn expired(shared: &Shared) -> Self {
        Self { name: shared.base().name(), reason: Reason::Expired, wait: None, source: None }
    }
}

impl From<Why> for Rejection {
    fn from(Why { name, reason, wait, source }: Why) -> Self {
        let mut why = Self::new(LAYER, name, reason);
        if let Some(wait) = wait {
            why = why.with_retry_after(wait.to_duration());
        }
        match source {
            Some(source) => why.with_decider(source),
            None => why,
        }
    }
}
