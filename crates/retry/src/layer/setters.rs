//! The layer's setters.

use std::time::Duration;

use http::HeaderName;

use super::RetryLayer;
use crate::backoff::Backoff;
use crate::budget::Budget;
use crate::judge::RetryIf;
use crate::modes::modes;
use crate::shared::settings::Settings;
use crate::statuses::Statuses;

/// How often, and when.
impl<J, K> RetryLayer<J, K> {
    /// How many attempts there are in all, the first included; 0 counts as 1, which is no retry at all.
    #[must_use]
    pub fn max_attempts(self, most: u32) -> Self {
        self.edit(|shared| shared.core().set(|old| Settings { max_attempts: most, ..old }))
    }

    /// How long to wait before each further attempt; [`Backoff::default`] unless set.
    #[must_use]
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.edit(|shared| shared.plan(|plan| plan.backoff = backoff.clone()))
    }

    /// What further attempts are paid from: [`Budget::default`] unless set, one of the layer's own.
    /// Layers that are given clones of one budget share it.
    ///
    /// ```
    /// use palisade_retry::{Budget, RetryLayer};
    ///
    /// let budget = Budget::default();
    /// let (reads, writes) = (RetryLayer::standard(), RetryLayer::new(2));
    /// let layers = (reads.budget(budget.clone()), writes.budget(budget));
    /// ```
    #[must_use]
    pub fn budget(self, budget: Budget) -> Self {
        self.edit(|shared| shared.plan(|plan| (plan.budget, plan.given) = (budget.clone(), true)))
    }

    /// No attempt begins later than so long after the first; no such bound unless set. An attempt that
    /// is under way is not cut: put a timeout outside for that. The call's
    /// [deadline](palisade_core::CallContext) is a bound in any case.
    #[must_use]
    pub fn max_elapsed(self, most: Duration) -> Self {
        let max_elapsed = most.into();
        self.edit(|shared| {
            shared.plan(|plan| plan.max_elapsed = max_elapsed);
            shared.core().set(|old| Settings { timed: true, ..old });
        })
    }

    /// Whoever asks to be left alone for longer than this is not asked again; a minute unless set. What
    /// is within is kept to, and never shortened.
    #[must_use]
    pub fn max_retry_after(self, most: Duration) -> Self {
        self.edit(|shared| shared.plan(|plan| plan.max_retry_after = most.into()))
    }

    /// How many bytes of a request's body are kept to be sent again; 64 KiB unless set. A larger body is
    /// sent once, and counted as `not_replayable` if a further attempt would have been made.
    #[must_use]
    pub fn max_replay(self, bytes: u32) -> Self {
        self.edit(|shared| shared.core().set(|old| Settings { max_replay: bytes, ..old }))
    }

    /// The statuses that are worth another attempt: 502, 503 and 504 unless set; below 400 and above 599
    /// there are none. A 429 is one if it says when to come back, in any case.
    ///
    /// ```
    /// use palisade_retry::RetryLayer;
    ///
    /// let retry = RetryLayer::standard().statuses([500, 502, 503, 504]);
    /// ```
    #[must_use]
    pub fn statuses(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        let statuses = Statuses::of(statuses);
        self.edit(|shared| shared.plan(|plan| plan.statuses = statuses))
    }

    /// Tells the inner service which attempt it sees, from the second on: in this header the number of
    /// the attempt, or, of a gRPC call, in `grpc-previous-rpc-attempts` how many there were before. In the
    /// [call's context](palisade_core::CallContext::attempt) it is in any case.
    #[must_use]
    pub fn attempt_header(self, name: HeaderName) -> Self {
        self.edit(|shared| shared.plan(|plan| plan.attempt_header = Some(name.clone())))
    }

    /// Draws all jitter from this seed, so that it is the same each time; for tests.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.edit(|shared| shared.plan(|plan| plan.seed = Some(seed)))
    }
}

modes!(RetryLayer);

impl<J, K> RetryLayer<J, K> {
    /// Makes another attempt after the outcomes that a closure picks, and after no others.
    ///
    /// ```
    /// use palisade_retry::RetryLayer;
    ///
    /// let retry = RetryLayer::standard()
    ///     .retry_if(|outcome: Result<&String, &std::io::Error>| outcome.is_err())
    ///     .cloned();
    /// ```
    #[must_use]
    pub fn retry_if<Res, Err, F>(self, again: F) -> RetryLayer<RetryIf<F>, K>
    where
        F: Fn(Result<&Res, &Err>) -> bool,
    {
        self.classify(RetryIf(again))
    }
}
