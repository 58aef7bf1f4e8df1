//! What a limit in a store says.

use palisade_core::algorithm::Outcome;
use palisade_core::store::Source;

use crate::limiter::binding::binding;
use crate::shared::verdict::Seen;

/// What a limit in a store says, and who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// What was decided: of several limits what they have in common.
    pub outcome: Outcome,
    /// Who decided: the store, or who stood in for it. `None` if nobody was asked, since the limit is
    /// switched off or allows nothing.
    pub source: Option<Source>,
}

impl Decision {
    /// `units` are what was asked for: where no limit is known they are there.
    pub(super) fn of(seen: &Seen, units: u64) -> Self {
        let outcome = match seen.outcomes.as_slice() {
            [] => Outcome::passed(units).with_remaining(u64::MAX),
            outcomes => binding(outcomes),
        };
        Self { outcome, source: seen.source }
    }

    /// The units that a further call could take at once; [`u64::MAX`] if no limit is known.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.outcome.remaining()
    }
}
