//! The layer's setters.

use palisade_core::Head;

use super::HedgeLayer;
use super::core::Settings;
use crate::budget::Budget;
use crate::judge::{BoxErrors, Plain, PlainBoxed};
use crate::repeat::{Cloned, MayRepeatIf, Replay};
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

    /// Judges outcomes in another way; see [`judge`](crate::judge).
    #[must_use]
    pub fn classify<J2>(self, judge: J2) -> HedgeLayer<J2, K> {
        HedgeLayer { shared: self.shared, judge, repeat: self.repeat }
    }

    /// For an HTTP service whose error is a [`BoxError`](palisade_core::BoxError). The same rules.
    #[must_use]
    pub fn boxed(self) -> HedgeLayer<BoxErrors, K> {
        self.classify(BoxErrors)
    }

    /// Makes requests again in another way; see [`repeat`](crate::repeat).
    #[must_use]
    pub fn repeat<K2>(self, repeat: K2) -> HedgeLayer<J, K2> {
        HedgeLayer { shared: self.shared, judge: self.judge, repeat }
    }

    /// Sends clones of requests, of any type, and takes it that all of them may be sent twice.
    #[must_use]
    pub fn cloned(self) -> HedgeLayer<J, Cloned> {
        self.repeat(Cloned)
    }

    /// Which HTTP requests may be sent twice, as a closure says of their heads, instead of by their
    /// [method](crate::repeat::ByMethod).
    #[must_use]
    pub fn idempotent_by<F>(self, may_repeat: F) -> HedgeLayer<J, Replay<MayRepeatIf<F>>>
    where
        F: Fn(&Head<'_>) -> bool,
    {
        self.repeat(Replay(MayRepeatIf(may_repeat)))
    }
}

impl<J, M> HedgeLayer<J, Replay<M>> {
    /// For a service that does not speak HTTP: any response is the answer. Requests are cloned.
    #[must_use]
    pub fn plain(self) -> HedgeLayer<Plain, Cloned> {
        self.classify(Plain).cloned()
    }

    /// The same for a service whose error is a [`BoxError`](palisade_core::BoxError).
    #[must_use]
    pub fn plain_boxed(self) -> HedgeLayer<PlainBoxed, Cloned> {
        self.classify(PlainBoxed).cloned()
    }
}
