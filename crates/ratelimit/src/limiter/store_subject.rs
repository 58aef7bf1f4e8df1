//! One key's buckets in a store, and what can be done to them.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use palisade_core::algorithm::Op;
use palisade_core::base::Shared as _;
use palisade_core::store::StoreError;
use palisade_core::{Alarm, Key, Rejection};

use crate::engine::call::Call;
use crate::limiter::decision::Decision;
use crate::limiter::subject::Subject;
use crate::shared::ask::Answered;
use crate::shared::counters::{CHARGE_ERRORS, DELAYED, PASSED, STORE_ERRORS};
use crate::shared::question::{Heard, Question};
use crate::shared::remote::Remote;
use crate::shared::turn::Turn;
use crate::shared::verdict::{Seen, Verdict};
use crate::shared::why::Why;

/// The buckets of one key in a store, and what is asked of them: see
/// [`StoreLimiter::of`](crate::StoreLimiter::of).
///
/// Where a limiter has several limits, an operation is on all of them at once, and its outcome is
/// what they have in common: it passes if all pass, with the fewest units remaining, the longest wait.
///
/// Each operation fails as a refusal for want of the store if a limit says
/// [`Outage::Deny`](crate::Outage::Deny) and the store does not answer.
#[derive(Clone)]
pub struct StoreSubject<'l, 'k>(pub(super) Subject<'l, 'k>);

impl<'l> StoreSubject<'l, '_> {
    /// How many units the next operation is about; 1 unless set.
    #[must_use]
    pub fn units(self, units: u64) -> Self {
        Self(self.0.units(units))
    }

    /// On which tier; the limit's own quota applies unless set, and if there is no such tier.
    #[must_use]
    pub fn tier(self, name: &'l str) -> Self {
        Self(self.0.tier(name))
    }

    /// How important it is, to an algorithm that looks at it; 0 unless set.
    #[must_use]
    pub fn class(self, class: u8) -> Self {
        Self(self.0.class(class))
    }

    /// Takes the units if all of them are there. No units are always there.
    ///
    /// A limit that [shapes](crate::Shaper) says in the outcome's `delay` how long to wait before
    /// going on; [`until_ready`](Self::until_ready) does wait.
    ///
    /// # Errors
    /// They are not there; the rejection says when to come back, if that helps. Or the call's deadline
    /// has passed before the store has answered.
    pub async fn check(&self) -> Result<Decision, Rejection> {
        let Answered { verdict, ticket, .. } = self.ask().await;
        if let Some(ticket) = ticket {
            ticket.add(DELAYED);
            ticket.close(PASSED);
        }
        match verdict {
            Verdict::Pass(seen) => Ok(Decision::of(&seen, self.0.units)),
            Verdict::Refuse(why, _) => Err(why),
        }
    }

    /// Takes the units whether they are there or not: of work whose price is known when it is done. A
    /// deadline does not keep it from being paid for. A bucket never owes more than its whole quota.
    ///
    /// # Errors
    /// The store does not answer, and the limit is kept nowhere else.
    pub async fn charge(&self) -> Result<Decision, Rejection> {
        self.execute(Op::Charge).await
    }

    /// Gives units back, as far as they are missing.
    ///
    /// # Errors
    /// As [`charge`](Self::charge).
    pub async fn refund(&self) -> Result<Decision, Rejection> {
        self.execute(Op::Refund).await
    }

    /// Takes as many of the units as are there: `outcome.granted`.
    ///
    /// # Errors
    /// As [`charge`](Self::charge), or the call's deadline has passed before the store has answered.
    pub async fn take(&self) -> Result<Decision, Rejection> {
        self.execute(Op::Take).await
    }

    /// How the buckets stand, without taking anything.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub async fn peek(&self) -> Result<Decision, Rejection> {
        self.clone().units(0).execute(Op::Decide).await
    }

    /// Forgets what the key has taken, in the store and here.
    ///
    /// # Errors
    /// The store cannot forget a single limit, or did not answer within 50 ms: then it may have
    /// forgotten.
    pub async fn reset(&self) -> Result<(), StoreError> {
        self.0.shared.forget(self.0.key.clone().unwrap_or_else(Key::global)).await
    }

    /// Waits until the units are there, and takes them.
    ///
    /// On a limit that [shapes](crate::Shaper), callers go in the order in which the store saw them,
    /// and one whose wait would be longer than it allows is refused at once; who is dropped while it
    /// waits has its place all the same. Any other limit is asked again when it said it would pass; who
    /// comes first then is not decided, and each time counts as a call.
    ///
    /// # Errors
    /// Waiting never helps, or not before the call's deadline, or a shaper's queue is full, or the store
    /// does not answer and the limit is kept nowhere else.
    pub async fn until_ready(&self) -> Result<Decision, Rejection> {
        loop {
            let Answered { verdict, shared, call, remote, ticket } = self.ask().await;
            match verdict {
                Verdict::Pass(seen) => {
                    if let Some(ticket) = ticket {
                        Turn::new(shared, call, remote, &seen, ticket).come().await;
                    }
                    return Ok(Decision::of(&seen, self.0.units));
                }
                Verdict::Refuse(why, seen) => shared.wait_out(why, &call, &seen).await?,
            }
        }
    }

    /// Decides on a call, as a layer does.
    async fn ask(&self) -> Answered {
        let shared = self.0.shared;
        let call = self.0.call();
        let decided = |verdict, call| {
            let shared = Arc::clone(shared);
            Answered { verdict, shared, call, remote: None, ticket: None }
        };
        let is_enabled = shared.switch().enabled;
        if !is_enabled || call.parts.is_empty() {
            if is_enabled {
                shared.pass_free();
            }
            return decided(Verdict::Pass(Seen::default()), call);
        }
        let Some(remote) = self.remote(&call) else {
            let seen = shared.decide(&call);
            return decided(self.0.conclude(&call, seen), call);
        };
        let by = call.parts.iter().map(|_| self.0.described()).collect();
        let mut ask = match shared.ask(call, by, remote) {
            Ok(ask) => ask,
            Err(verdict) => {
                let verdict = match verdict {
                    Verdict::Pass(()) => Verdict::Pass(Seen::default()),
                    Verdict::Refuse(why, ()) => Verdict::Refuse(why, Seen::default()),
                };
                return decided(verdict, self.0.call());
            }
        };
        let mut alarm = pin!(Alarm::new());
        let heard = poll_fn(|cx| ask.poll(alarm.as_mut(), cx)).await;
        ask.judge(heard)
    }

    /// Does what is no call.
    async fn execute(&self, op: Op) -> Result<Decision, Rejection> {
        let (shared, units) = (self.0.shared, self.0.units);
        let mut call = self.0.call();
        if !shared.switch().enabled || call.parts.is_empty() {
            return Ok(Decision::of(&Seen::default(), units));
        }
        let Some(remote) = self.remote(&call) else {
            let (outcomes, at) = shared.execute(&call, op);
            return Ok(Decision::of(&Seen::new(outcomes, at), units));
        };
        let why = match Question::new(op, &remote).answer(shared).await {
            Heard::Answer(seen) => return Ok(Decision::of(&seen, units)),
            Heard::Late => Why::expired(shared),
            Heard::Nothing => {
                let is_charge = matches!(op, Op::Charge | Op::Refund);
                let errors = if is_charge { CHARGE_ERRORS } else { STORE_ERRORS };
                shared.base().meter().add(errors);
                match shared.stand_in(&mut call, op) {
                    Ok(seen) => return Ok(Decision::of(&seen, units)),
                    Err(why) => why,
                }
            }
        };
        Err(why.into())
    }

    fn remote(&self, call: &Call) -> Option<Remote> {
        self.0.shared.remote(call, |_| self.0.key.clone())
    }
}

impl fmt::Debug for StoreSubject<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
