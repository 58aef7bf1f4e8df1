//! A retry in use, from outside.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::base::Shared as _;
use palisade_core::common_handle;
use palisade_core::telemetry::Counter;

use crate::backoff::Backoff;
use crate::budget::Budget;
use crate::shared::Shared;
use crate::shared::counters::{
    ATTEMPTS, BUDGET, DEADLINE, EXHAUSTED, FAILED, NOT_IDEMPOTENT, NOT_REPLAYABLE, PASSED, STOPPED,
    SUCCESS,
};
use crate::shared::settings::Settings;
use crate::statuses::Statuses;

/// Reads and changes a retry while it is in use. Clones see the same retry.
///
/// A change holds for the next attempt, also of calls that are under way; of the waits for those whose
/// first attempt has not failed yet.
#[derive(Clone, Debug)]
pub struct RetryHandle {
    shared: Arc<Shared>,
}

/// A retry at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// Whether it does anything.
    pub enabled: bool,
    /// Attempts in all.
    pub max_attempts: u32,
    /// How many further attempts the budget has now.
    pub budget: u64,
    /// Calls that were answered.
    pub passed: u64,
    /// Calls whose last attempt failed.
    pub failed: u64,
    /// Calls that were dropped before their end.
    pub abandoned: u64,
    /// Calls under way.
    pub in_flight: u64,
    /// Attempts after the first, of all calls together.
    pub attempts: u64,
    /// Calls that were answered by a further attempt.
    pub success: u64,
    /// Calls that failed, and had all their attempts.
    pub exhausted: u64,
    /// Calls that failed, and the budget had no other attempt.
    pub over_budget: u64,
    /// Calls that failed, and whose request could not be sent again.
    pub not_replayable: u64,
    /// Calls that failed, and whose request is not to be sent twice.
    pub not_idempotent: u64,
    /// Calls that failed, and had no time for another attempt.
    pub deadline: u64,
    /// Calls that failed so that another attempt was of no use, or not wanted.
    pub stopped: u64,
}

common_handle!(RetryHandle, "retry");

impl RetryHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The retry as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let base = self.shared.base();
        let settings = self.shared.core().settings();
        let count = |counter: Counter| base.meter().count(counter);
        Snapshot {
            name: base.name().as_str(),
            enabled: settings.enabled,
            max_attempts: settings.max_attempts,
            budget: self.shared.budget().balance(base.clock().now()),
            passed: count(PASSED),
            failed: count(FAILED),
            abandoned: count(Counter::ABANDONED),
            in_flight: base.meter().in_flight(),
            attempts: count(ATTEMPTS),
            success: count(SUCCESS),
            exhausted: count(EXHAUSTED),
            over_budget: count(BUDGET),
            not_replayable: count(NOT_REPLAYABLE),
            not_idempotent: count(NOT_IDEMPOTENT),
            deadline: count(DEADLINE),
            stopped: count(STOPPED),
        }
    }

    /// What further attempts are paid from.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.shared.budget().clone()
    }

    /// Changes how many attempts there are in all; 0 counts as 1.
    pub fn set_max_attempts(&self, most: u32) {
        self.shared.core().set(|old| Settings { max_attempts: most, ..old });
    }

    /// Changes how long to wait before further attempts.
    pub fn set_backoff(&self, backoff: Backoff) {
        self.shared.core().set_plan(|plan| plan.backoff = backoff.clone());
    }

    /// Changes for how long whoever asks for it is left alone at most.
    pub fn set_max_retry_after(&self, most: Duration) {
        self.shared.core().set_plan(|plan| plan.max_retry_after = most.into());
    }

    /// Changes which statuses are worth another attempt.
    pub fn set_statuses(&self, statuses: impl IntoIterator<Item = u16>) {
        let statuses = Statuses::of(statuses);
        self.shared.core().set_plan(|plan| plan.statuses = statuses);
    }
}
