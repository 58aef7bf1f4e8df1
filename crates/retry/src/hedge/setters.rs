//! The layer's setters.

use super::HedgeLayer;
use super::core::Settings;
use crate::budget::Budget;
use crate::modes::modes;
use crate::statuses::Statuses;

impl<J, K> HedgeLayer<J, K> {
    /// What second requests are paid from: unless set, a budget of the layer's own of 5 % of requests
    /// and one a second.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_retry::{Budget, HedgeLayer, RetryLayer};
    ///
    /// let budget = Budget::default();
    /// let retry = RetryLayer::standard().budget(budget.clone());
    /// let hedge = HedgeLayer::after(Duration::from_millis(50)).budget(budget);
    /// ```
    #[must_use]
    pub fn budget(self, budget: Budget) -> Self {
        self.edit(|shared| shared.plan(|plan| (plan.budget, plan.given) = (budget.clone(), true)))
    }

    /// How many bytes of a request's body are kept to be sent again; 64 KiB unless set. A call with a
    /// larger one is not hedged.
    #[must_use]
    pub fn max_replay(self, bytes: u32) -> Self {
        self.edit(|shared| shared.core().set(|old| Settings { max_replay: bytes, ..old }))
    }

    /// The statuses that are no answer; 502, 503 and 504 unless set, see
    /// [`RetryLayer::statuses`](crate::RetryLayer::statuses).
    #[must_use]
    pub fn statuses(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        let statuses = Statuses::of(statuses);
        self.edit(|shared| shared.plan(|plan| plan.statuses = statuses))
    }
}

modes!(HedgeLayer);
