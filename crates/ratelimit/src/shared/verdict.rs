//! Deciding on a call: what the arithmetic says, which share of it is enforced, what is counted.

use std::sync::Arc;

use palisade_core::algorithm::{Op, Outcome, Retry};
use palisade_core::base::Shared as _;
use palisade_core::store::{Answer, Source};
use palisade_core::switch::Switch;
use palisade_core::{CallContext, Key, Micros, Reason, Rejection, telemetry};
use smallvec::SmallVec;

use crate::engine::call::{Bucket, Call};
use crate::engine::several::{Outcomes, Said, Several, Sole};
use crate::engine::single::Single;
use crate::shared::Shared;
use crate::shared::busiest::{SAMPLE, samples};
use crate::shared::counters::{
    EXPIRED, KEY_MISSING, PASSED, RATE_LIMITED, REJECTED, SHADOWED, STORE_DOWN,
};
use crate::shared::why::Why;

/// What becomes of a call, and what is known of its limits.
pub(crate) enum Verdict<T> {
    Pass(T),
    Refuse(Rejection, T),
}

/// What is known of the limits of a call.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// One for each; none if the layer is switched off or has nothing to say.
    pub(crate) outcomes: Outcomes,
    /// When they were decided.
    pub(crate) at: Micros,
    /// How long the call is to wait before it goes on.
    pub(crate) wait: Micros,
    /// Who decided, if a store was asked.
    pub(crate) source: Option<Source>,
}

/// What is to come of the wait of a call that passes.
pub(crate) enum Wait {
    /// It has none.
    None,
    /// It would have one, but is of the share that is not enforced.
    Shadowed,
    /// It has to wait for its turn.
    Turn,
    /// Its turn comes after its deadline. With it, when each limit was to be as good as new, as it
    /// stood after the call.
    Hopeless(Why, SmallVec<[Micros; 2]>),
}

impl Seen {
    pub(crate) fn new(outcomes: Outcomes, at: Micros) -> Self {
        let wait = outcomes.iter().map(|outcome| outcome.delay).max().unwrap_or_default();
        Self { outcomes, at, wait, source: None }
    }

    /// What a store has answered.
    pub(crate) fn told(Answer { outcomes, now, source }: Answer) -> Self {
        Self { source: Some(source), ..Self::new(Outcomes::from_vec(outcomes), now) }
    }

    /// When each limit was to be as good as new, as it stood after the call.
    pub(crate) fn until(&self) -> SmallVec<[Micros; 2]> {
        self.outcomes.iter().map(|outcome| self.at + outcome.reset()).collect()
    }

    /// The refusal with the longest wait, and whose it is.
    pub(crate) fn refusal(&self) -> Option<(usize, &Outcome)> {
        let refused = self.outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.allowed);
        // The first of several, as in the headers.
        refused.rev().max_by_key(|(_, outcome)| outcome.retry)
    }
}

impl Shared {
    /// Decides on a single bucket, and counts.
    #[inline(always)]
    pub(crate) fn decide_single(
        &self,
        single: &Single,
        key: Option<(&Key<'_>, u64)>,
        units: u64,
        by: &'static str,
    ) -> Verdict<Option<Outcome>> {
        let bucket = key.map_or(Bucket::Everybody, |(_, key)| Bucket::Keyed(key));
        match single.execute(bucket, self.base().clock(), Op::Decide, units) {
            (_, None) => Verdict::Pass(None),
            (_, Some(outcome)) if outcome.allowed => {
                let count = self.base().meter().tick(PASSED);
                if key.is_some() && samples(count) {
                    self.record(key, SAMPLE, false);
                }
                Verdict::Pass(Some(outcome))
            }
            (settings, Some(outcome)) => {
                self.record(key, 1, true);
                let reason = Reason::rate_limited(single.quota(), by);
                let (name, wait) = (self.base().name(), outcome.retry.wait());
                let why = Why { name, reason, wait, source: None };
                self.refuse(settings.switch, why, Some(outcome))
            }
        }
    }

    /// Decides on a limit that is the only one, and counts a call that passes at once. What becomes
    /// of any other is still to be [concluded](Self::conclude).
    #[inline]
    pub(crate) fn decide_sole(
        &self,
        several: &Several,
        ask: &Sole<'_>,
        note: impl FnOnce(u64, bool),
    ) -> Said {
        let told = several.execute_sole(ask, self.base().clock(), Op::Decide);
        if told.passes() {
            let count = self.base().meter().tick(PASSED);
            if samples(count) {
                note(SAMPLE, false);
            }
        }
        told
    }

    /// Decides on all limits of a call.
    pub(crate) fn decide(&self, call: &Call) -> Seen {
        let (outcomes, at) = self.execute(call, Op::Decide);
        Seen::new(outcomes, at)
    }

    /// What follows for a call, which is counted unless it has to wait. `note` is told of calls that
    /// are looked at: for how many each stands, and whether it is refused.
    pub(crate) fn conclude(
        self: &Arc<Self>,
        call: &Call,
        mut seen: Seen,
        note: impl FnOnce(u64, bool),
        by: impl FnOnce(usize) -> &'static str,
    ) -> Verdict<Seen> {
        if seen.outcomes.is_empty() {
            // Switched off, or without a limit.
            if self.switch().enabled {
                self.pass_free();
            }
            return Verdict::Pass(seen);
        }
        if let Some((at, _)) = seen.refusal() {
            note(1, true);
            let why = self.why(call, at, &seen, by);
            return self.refuse(self.switch(), why, seen);
        }
        match self.wait(call, &mut seen, by) {
            Wait::None => {
                let count = self.base().meter().tick(PASSED);
                if samples(count) {
                    note(SAMPLE, false);
                }
            }
            Wait::Shadowed => self.base().meter().add(SHADOWED),
            Wait::Turn => {}
            Wait::Hopeless(why, until) => {
                note(1, true);
                self.leave(call, None, &until);
                self.base().meter().add(REJECTED);
                return Verdict::Refuse(self.reject(why), seen);
            }
        }
        Verdict::Pass(seen)
    }

    /// Counts a call that no limit is asked about.
    pub(crate) fn pass_free(&self) {
        self.base().meter().add(PASSED);
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn record(&self, key: Option<(&Key<'_>, u64)>, calls: u64, refused: bool) {
        if let Some((key, print)) = key {
            self.busiest.record(key, print, calls, refused);
        }
    }

    /// What is to come of the wait of a call that passes.
    pub(crate) fn wait(
        &self,
        call: &Call,
        seen: &mut Seen,
        by: impl FnOnce(usize) -> &'static str,
    ) -> Wait {
        if seen.wait == Micros::ZERO {
            return Wait::None;
        }
        if !self.share.enforces(self.switch().enforce) {
            seen.wait = Micros::ZERO;
            return Wait::Shadowed;
        }
        let deadline = CallContext::current().deadline();
        if deadline.is_none_or(|deadline| self.now() + seen.wait <= deadline) {
            return Wait::Turn;
        }
        let longest = seen.outcomes.iter().enumerate().max_by_key(|(_, outcome)| outcome.delay);
        let at = longest.map_or(0, |(at, _)| at);
        let mut why = self.why(call, at, seen, by);
        why.wait = Some(seen.wait);
        let until = seen.until();
        // Its place is given back, but the queue is as long as it was found.
        if let Some(outcome) = seen.outcomes.get_mut(at) {
            let (wait, reset) = (seen.wait, outcome.reset());
            *outcome = Outcome::refused(Retry::After(wait)).with_reset(reset);
        }
        Wait::Hopeless(why, until)
    }

    /// Why the limit at `at` of the call refuses it.
    pub(crate) fn why(
        &self,
        call: &Call,
        at: usize,
        seen: &Seen,
        by: impl FnOnce(usize) -> &'static str,
    ) -> Why {
        let wait = seen.outcomes.get(at).and_then(|outcome| outcome.retry.wait());
        let source = seen.source;
        match call.parts.get(at) {
            Some(part) => {
                let (name, quota) = self.terms(part);
                let reason = Reason::rate_limited(quota, by(usize::from(part.limit)));
                Why { name, reason, wait, source }
            }
            // Each outcome is that of a part.
            None => {
                let reason = Reason::rate_limited(self.quota(), "");
                Why { name: self.base().name(), reason, wait, source }
            }
        }
    }

    /// Refuses or, below full enforcement, lets pass what was to be refused; and counts it.
    #[cold]
    pub(crate) fn refuse<T>(&self, switch: Switch, why: Why, seen: T) -> Verdict<T> {
        let verdict = self.verdict(switch, why, seen);
        let shadowed = matches!(verdict, Verdict::Pass(_));
        self.base().meter().add(if shadowed { SHADOWED } else { REJECTED });
        verdict
    }

    /// A refusal, unless it is of the share that is not enforced; without the count of its outcome.
    #[cold]
    pub(crate) fn verdict<T>(&self, switch: Switch, why: Why, seen: T) -> Verdict<T> {
        self.warn_if_full();
        if self.share.enforces(switch.enforce) {
            Verdict::Refuse(self.reject(why), seen)
        } else {
            Verdict::Pass(seen)
        }
    }

    /// A refusal, counted by its reason.
    #[cold]
    pub(crate) fn reject(&self, why: Why) -> Rejection {
        self.base().meter().add(match why.reason {
            Reason::KeyMissing { .. } => KEY_MISSING,
            Reason::StoreDown => STORE_DOWN,
            Reason::Expired => EXPIRED,
            _ => RATE_LIMITED,
        });
        let why = Rejection::from(why);
        telemetry::rejected(&why);
        why
    }
}
