//! A hedge in use, from outside.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::base::Shared as _;
use palisade_core::telemetry::Counter;
use palisade_core::{Ratio, common_handle};

use super::core::Delay;
use super::shared::{
    BUDGET, DEADLINE, FAILED, LOST, NOT_IDEMPOTENT, NOT_REPLAYABLE, PASSED, SECOND_FAILED, Shared,
    WON,
};
use crate::budget::Budget;

/// Reads and changes a hedge while it is in use. Clones see the same hedge.
///
/// A change holds for the next call.
#[derive(Clone, Debug)]
pub struct HedgeHandle {
    shared: Arc<Shared>,
}

/// A hedge at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// Whether it does anything.
    pub enabled: bool,
    /// After which time a call is slow now; `None` if too few calls have told.
    pub delay: Option<Duration>,
    /// How many second requests the budget has now.
    pub budget: u64,
    /// Calls that were answered.
    pub passed: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Calls that were dropped before their end.
    pub abandoned: u64,
    /// Calls under way.
    pub in_flight: u64,
    /// Second requests that answered first; the first one was dropped.
    pub won: u64,
    /// Second requests that were dropped, since the first one answered.
    pub lost: u64,
    /// Second requests that failed.
    pub second_failed: u64,
    /// Slow calls without a second request, since the budget had none.
    pub over_budget: u64,
    /// Slow calls without a second request, since the request could not be sent again.
    pub not_replayable: u64,
    /// Calls without a second request, slow or not, since the request is not to be sent twice.
    pub not_idempotent: u64,
    /// Slow calls without a second request, since their deadline had passed.
    pub deadline: u64,
}

common_handle!(HedgeHandle, "hedge");

impl HedgeHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The hedge as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (base, core) = (self.shared.base(), self.shared.core());
        let count = |counter: Counter| base.meter().count(counter);
        Snapshot {
            name: base.name().as_str(),
            enabled: core.settings().enabled,
            delay: core.slow_after().map(Into::into),
            budget: self.shared.budget().balance(base.clock().now()),
            passed: count(PASSED),
            failed: count(FAILED),
            abandoned: count(Counter::ABANDONED),
            in_flight: base.meter().in_flight(),
            won: count(WON),
            lost: count(LOST),
            second_failed: count(SECOND_FAILED),
            over_budget: count(BUDGET),
            not_replayable: count(NOT_REPLAYABLE),
            not_idempotent: count(NOT_IDEMPOTENT),
            deadline: count(DEADLINE),
        }
    }

    /// What second requests are paid from.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.shared.budget().clone()
    }

    /// Sends second requests after so long.
    pub fn set_after(&self, delay: Duration) {
        self.shared.core().set_delay(Delay::Fixed(delay.into()));
    }

    /// Sends second requests when a call takes longer than this share of the calls of the last minute.
    pub fn set_percentile(&self, share: Ratio) {
        self.shared.core().set_delay(Delay::Share(share));
    }
}
