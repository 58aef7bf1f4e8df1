//! A question to a store that takes its time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use palisade_core::algorithm::Op;
use palisade_core::base::Shared as _;
use palisade_core::store::{Charge, Execution};
use palisade_core::telemetry::Ticket;
use palisade_core::{Alarm, CallContext, Micros, Reason};
use smallvec::SmallVec;

use crate::engine::call::{Bucket, Call};
use crate::shared::Shared;
use crate::shared::counters::{PASSED, REJECTED, SHADOWED, STORE_ERRORS};
use crate::shared::remote::{BUDGET, Remote};
use crate::shared::verdict::{Seen, Verdict, Wait, Why};
use palisade_core::store::Outage;

/// A question to the store.
pub(crate) struct Ask {
    execution: Execution,
    shared: Arc<Shared>,
    call: Call,
    /// What the keys of the call's limits are.
    by: SmallVec<[&'static str; 2]>,
    remote: Remote,
    ticket: Ticket,
    /// Until when the call must be sent; [`Micros::MAX`] if there is no hurry.
    deadline: Micros,
}

/// What is heard of the store.
pub(crate) enum Heard {
    Answer(Seen),
    /// It has no answer, or none in time.
    Nothing,
    /// The call's deadline has passed first.
    Late,
}

/// What came of it.
pub(crate) struct Answered {
    pub(crate) verdict: Verdict<Seen>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) call: Call,
    /// Where the units were taken: `None` if it was in this process.
    pub(crate) remote: Option<Remote>,
    /// Still open if the call has to wait for its turn.
    pub(crate) ticket: Option<Ticket>,
}

impl Ask {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        call: Call,
        by: SmallVec<[&'static str; 2]>,
        remote: Remote,
    ) -> Self {
        let execution = remote.store.execute(Op::Decide, remote.charges.clone());
        let (ticket, shared) = (shared.base().meter().enter(), Arc::clone(shared));
        let deadline = CallContext::current().deadline().unwrap_or(Micros::MAX);
        Self { execution, shared, call, by, remote, ticket, deadline }
    }

    /// What is heard of the store, in its time or in what is left of the call's.
    pub(crate) fn poll(&mut self, alarm: Pin<&mut Alarm>, cx: &mut Context<'_>) -> Poll<Heard> {
        match self.execution.as_mut().poll(cx) {
            // An answer that leaves a limit out is none.
            Poll::Ready(Ok(answer)) if answer.outcomes.len() != self.call.parts.len() => {
                Poll::Ready(Heard::Nothing)
            }
            Poll::Ready(Ok(answer)) => {
                let outcomes = SmallVec::from_vec(answer.outcomes);
                Poll::Ready(Heard::Answer(Seen::new(outcomes, answer.now)))
            }
            Poll::Ready(Err(_)) => Poll::Ready(Heard::Nothing),
            Poll::Pending => {
                let budget = || self.shared.left(self.deadline).min(BUDGET);
                ready!(alarm.poll(cx, budget));
                let late = self.shared.left(self.deadline).is_zero();
                Poll::Ready(if late { Heard::Late } else { Heard::Nothing })
            }
        }
    }

    /// What follows from the answer.
    pub(crate) fn judge(self, heard: Heard) -> Answered {
        let Self { shared, call, by, remote, ticket, .. } = self;
        let mut in_store = true;
        let answer = match heard {
            Heard::Answer(seen) => Some(seen),
            Heard::Nothing => None,
            Heard::Late => {
                let verdict =
                    shared.verdict(shared.switch(), Why::expired(&shared), Seen::default());
                let shadowed = matches!(verdict, Verdict::Pass(_));
                ticket.close(if shadowed { SHADOWED } else { REJECTED });
                return Answered { verdict, shared, call, remote: None, ticket: None };
            }
        };
        let seen = answer.or_else(|| {
            ticket.add(STORE_ERRORS);
            in_store = false;
            match shared.fixed.outage {
                Outage::Share | Outage::Local => {
                    let (outcomes, at) = shared.execute(&call, Op::Decide);
                    Some(Seen::new(outcomes, at))
                }
                // Nothing is known.
                Outage::Allow => Some(Seen::default()),
                Outage::Deny => None,
            }
        });
        let down = seen.is_none();
        let mut seen = seen.unwrap_or_default();
        let by = |limit| by.get(limit).copied().unwrap_or("");
        let why = match seen.refusal() {
            _ if down => {
                let first = call.parts.first();
                let name =
                    first.map_or_else(|| shared.base().name(), |part| shared.label(part.limit));
                Some(Why { name, reason: Reason::StoreDown, wait: None })
            }
            Some((at, _)) => Some(shared.why(&call, at, &seen, by)),
            None => None,
        };
        shared.note(&call, &remote.charges, why.is_some());
        let remote = in_store.then_some(remote);
        if let Some(why) = why {
            let verdict = shared.verdict(shared.switch(), why, seen);
            let shadowed = matches!(verdict, Verdict::Pass(_));
            ticket.close(if shadowed { SHADOWED } else { REJECTED });
            return Answered { verdict, shared, call, remote, ticket: None };
        }
        let ticket = match shared.wait(&call, &mut seen, by) {
            Wait::Turn => Some(ticket),
            Wait::None => {
                ticket.close(PASSED);
                None
            }
            Wait::Shadowed => {
                ticket.close(SHADOWED);
                None
            }
            Wait::Hopeless(why, until) => {
                shared.leave(&call, remote.as_ref(), &until);
                ticket.close(REJECTED);
                let verdict = Verdict::Refuse(shared.reject(why), seen);
                return Answered { verdict, shared, call, remote, ticket: None };
            }
        };
        let verdict = Verdict::Pass(seen);
        Answered { verdict, shared, call, remote, ticket }
    }
}

impl Shared {
    /// How much time is left; the clock is read only if there is a deadline.
    pub(crate) fn left(&self, deadline: Micros) -> Duration {
        if deadline == Micros::MAX {
            return Duration::MAX;
        }
        deadline.since(self.now()).to_duration()
    }

    /// Counts the key of a call that a store was asked about among the busiest.
    fn note(&self, call: &Call, charges: &[Charge], refused: bool) {
        let keyed = call.parts.iter().zip(charges).find_map(|(part, charge)| match part.bucket {
            Bucket::Keyed(print) => Some((print, &charge.subject)),
            Bucket::Everybody => None,
        });
        if let Some((print, key)) = keyed {
            self.busiest.record_as(|text| text.push_str(key), print, 1, refused);
        }
    }
}
