//! One key's buckets, and what can be done to them.

use std::fmt;
use std::sync::Arc;

use palisade_core::algorithm::{Op, Outcome};
use palisade_core::base::Shared as _;
use palisade_core::{Key, Micros, Rejection};

use crate::engine::Engine;
use crate::engine::call::{Bucket, Call};
use crate::engine::several::Sole;
use crate::limiter::binding::binding;
use crate::shared::Shared;
use crate::shared::turn::Turn;
use crate::shared::verdict::{Seen, Verdict};

/// The buckets of one key, and what is asked of them: see
/// [`RateLimiter::of`](crate::RateLimiter::of).
///
/// Where a limiter has several limits, an operation is on all of them at once, and its outcome is
/// what they have in common: it passes if all pass, with the fewest units remaining, the longest wait.
#[derive(Clone)]
pub struct Subject<'l, 'k> {
    pub(super) shared: &'l Arc<Shared>,
    pub(super) key: Option<Key<'k>>,
    pub(super) units: u64,
    tier: Option<&'l str>,
    class: u8,
}

impl<'l, 'k> Subject<'l, 'k> {
    pub(crate) const fn new(shared: &'l Arc<Shared>, key: Option<Key<'k>>) -> Self {
        Self { shared, key, units: 1, tier: None, class: 0 }
    }

    /// How many units the next operation is about; 1 unless set.
    #[must_use]
    pub const fn units(mut self, units: u64) -> Self {
        self.units = units;
        self
    }

    /// On which tier; the limit's own quota applies unless set, and if there is no such tier.
    #[must_use]
    pub const fn tier(mut self, name: &'l str) -> Self {
        self.tier = Some(name);
        self
    }

    /// How important it is, to an algorithm that looks at it; 0 unless set.
    #[must_use]
    pub const fn class(mut self, class: u8) -> Self {
        self.class = class;
        self
    }

    /// Takes the units if all of them are there. No units are always there.
    ///
    /// A limit that [shapes](crate::Shaper) says in the outcome's `delay` how long to wait before
    /// going on; [`until_ready`](Self::until_ready) does wait.
    ///
    /// # Errors
    /// They are not there; the rejection says when to come back, if that helps.
    pub fn check(&self) -> Result<Outcome, Rejection> {
        let verdict = match &self.shared.engine {
            Engine::Several(several) if several.is_sole && several.switch().enabled => {
                let &Self { units, tier, class, .. } = self;
                let ask = Sole { bucket: self.bucket(), units, tier, class };
                let note = |calls, refused| self.note(calls, refused);
                let told = self.shared.decide_sole(several, &ask, note);
                if told.passes() {
                    return Ok(told.outcome);
                }
                let (call, outcomes, at) = told.unfold(&ask);
                self.conclude(&call, Seen::new(outcomes, at))
            }
            _ => self.decide(&self.call()),
        };
        match verdict {
            Verdict::Pass(seen) => Ok(binding(&seen.outcomes)),
            Verdict::Refuse(why, _) => Err(why),
        }
    }

    /// Takes the units whether they are there or not: of work whose price is known when it is done.
    /// A bucket never owes more than its whole quota.
    pub fn charge(&self) -> Outcome {
        self.execute(Op::Charge)
    }

    /// Gives units back, as far as they are missing.
    pub fn refund(&self) -> Outcome {
        self.execute(Op::Refund)
    }

    /// Takes as many of the units as are there; says how many.
    #[must_use]
    pub fn take(&self) -> u64 {
        let (outcomes, _) = self.shared.execute(&self.call(), Op::Take);
        // Where there is no limit, or it is switched off, all of them are there.
        if outcomes.is_empty() { self.units } else { binding(&outcomes).granted }
    }

    /// How the buckets stand, without taking anything.
    #[must_use]
    pub fn peek(&self) -> Outcome {
        self.clone().units(0).execute(Op::Decide)
    }

    /// Forgets what the key has taken.
    pub fn reset(&self) {
        self.shared.engine.reset(self.bucket());
    }

    /// Waits until the units are there, and takes them. Dropped before, it takes nothing.
    ///
    /// On a limit that [shapes](crate::Shaper), callers go in the order in which they came, and one
    /// whose wait would be longer than it allows is refused at once. Any other limit is asked again
    /// when it said it would pass; who comes first then is not decided, and each time counts as a
    /// call.
    ///
    /// # Errors
    /// Waiting never helps, or not before the call's deadline, or a shaper's queue is full.
    ///
    /// # Panics
    /// Tokio's timers panic outside of a tokio runtime, and in one whose time is not enabled.
    pub async fn until_ready(&self) -> Result<Outcome, Rejection> {
        let call = self.call();
        loop {
            let (why, seen) = match self.decide(&call) {
                Verdict::Pass(seen) => {
                    if seen.wait > Micros::ZERO {
                        let ticket = self.shared.base().meter().enter();
                        let shared = Arc::clone(self.shared);
                        Turn::new(shared, call.clone(), None, &seen, ticket).come().await;
                    }
                    return Ok(binding(&seen.outcomes));
                }
                Verdict::Refuse(why, seen) => (why, seen),
            };
            self.shared.wait_out(why, &call, &seen).await?;
        }
    }

    fn decide(&self, call: &Call) -> Verdict<Seen> {
        self.conclude(call, self.shared.decide(call))
    }

    /// What the key is, in messages.
    pub(super) const fn described(&self) -> &'static str {
        if self.key.is_some() { "key" } else { "" }
    }

    pub(super) fn conclude(&self, call: &Call, seen: Seen) -> Verdict<Seen> {
        let by = self.described();
        self.shared.conclude(call, seen, |calls, refused| self.note(calls, refused), |_| by)
    }

    fn note(&self, calls: u64, refused: bool) {
        if let (Some(key), Bucket::Keyed(print)) = (&self.key, self.bucket()) {
            self.shared.busiest.record(key, print, calls, refused);
        }
    }

    fn execute(&self, op: Op) -> Outcome {
        binding(&self.shared.execute(&self.call(), op).0)
    }

    pub(super) fn call(&self) -> Call {
        self.shared.call_of(self.bucket(), self.units, self.tier, self.class)
    }

    fn bucket(&self) -> Bucket {
        self.key.as_ref().map_or(Bucket::Everybody, |key| self.shared.bucket(key))
    }
}

impl fmt::Debug for Subject<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, units, tier, class, .. } = self;
        f.debug_struct("Subject")
            .field("key", key)
            .field("units", units)
            .field("tier", tier)
            .field("class", class)
            .finish_non_exhaustive()
    }
}
