//! The layer's setters.

use std::time::Duration;

use http::HeaderName;
use palisade_core::Head;

use super::RetryLayer;
use crate::backoff::Backoff;
use crate::budget::Budget;
use crate::judge::{Advice, BoxErrors, JudgeBy, Plain, PlainBoxed, RetryIf};
use crate::repeat::{Cloned, MayRepeatIf, RepeatBy, Replay};
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
        self.edit(|shared| shared.fix(|fixed| fixed.seed = Some(seed)))
    }
}

/// What is made again.
impl<J, K> RetryLayer<J, K> {
    /// Judges outcomes in another way; see [`judge`](crate::judge).
    #[must_use]
    pub fn classify<J2>(self, judge: J2) -> RetryLayer<J2, K> {
        RetryLayer { shared: self.shared, judge, repeat: self.repeat }
    }

    /// Judges outcomes as a closure does.
    ///
    /// ```
    /// use palisade_retry::{Advice, RetryLayer};
    ///
    /// let retry = RetryLayer::standard().classify_by(|outcome: Result<&String, &std::io::Error>| {
    ///     match outcome {
    ///         Ok(text) if text.is_empty() => Advice::again(),
    ///         Ok(_) => Advice::Done,
    ///         Err(_) => Advice::Stop,
    ///     }
    /// });
    /// ```
    #[must_use]
    pub fn classify_by<Res, Err, F>(self, judge: F) -> RetryLayer<JudgeBy<F>, K>
    where
        F: Fn(Result<&Res, &Err>) -> Advice,
    {
        self.classify(JudgeBy(judge))
    }

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

    /// For an HTTP service whose error is a [`BoxError`](palisade_core::BoxError), such as one with layers
    /// inside that answer with boxed errors. The same rules.
    #[must_use]
    pub fn boxed(self) -> RetryLayer<BoxErrors, K> {
        self.classify(BoxErrors)
    }
}

impl<J, K> RetryLayer<J, K> {
    /// Sends clones of requests, of any type, and takes it that all of them may be sent twice.
    #[must_use]
    pub fn cloned(self) -> RetryLayer<J, Cloned> {
        self.repeat(Cloned)
    }

    /// Sends the copies that a closure makes of requests, of any type; it is asked before a request is
    /// sent, and those that it makes none of are sent once. Takes it that all others may be sent twice.
    #[must_use]
    pub fn repeat_by<Req, F>(self, copy: F) -> RetryLayer<J, RepeatBy<F>>
    where
        F: Fn(&Req) -> Option<Req>,
    {
        self.repeat(RepeatBy(copy))
    }

    /// Makes requests again in another way; see [`repeat`](crate::repeat).
    #[must_use]
    pub fn repeat<K2>(self, repeat: K2) -> RetryLayer<J, K2> {
        RetryLayer { shared: self.shared, judge: self.judge, repeat }
    }

    /// Which HTTP requests may be sent twice, as a closure says of their heads, instead of by their
    /// [method](crate::repeat::ByMethod).
    ///
    /// ```
    /// use palisade_retry::RetryLayer;
    ///
    /// let retry = RetryLayer::standard().idempotent_by(|head| head.path().starts_with("/search"));
    /// ```
    #[must_use]
    pub fn idempotent_by<F>(self, may_repeat: F) -> RetryLayer<J, Replay<MayRepeatIf<F>>>
    where
        F: Fn(&Head<'_>) -> bool,
    {
        self.repeat(Replay(MayRepeatIf(may_repeat)))
    }
}

impl<J, M> RetryLayer<J, Replay<M>> {
    /// For a service that does not speak HTTP: any response is the answer, any error is worth another
    /// attempt but a rejection that says otherwise. Requests are cloned.
    #[must_use]
    pub fn plain(self) -> RetryLayer<Plain, Cloned> {
        self.classify(Plain).cloned()
    }

    /// The same for a service whose error is a [`BoxError`](palisade_core::BoxError).
    #[must_use]
    pub fn plain_boxed(self) -> RetryLayer<PlainBoxed, Cloned> {
        self.classify(PlainBoxed).cloned()
    }
}
