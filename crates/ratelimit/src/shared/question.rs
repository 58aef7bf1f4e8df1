//! What is asked of a store, and what is heard of it in time.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use palisade_core::algorithm::Op;
use palisade_core::store::Execution;
use palisade_core::{Alarm, CallContext, Micros};

use crate::shared::Shared;
use crate::shared::remote::{BUDGET, Remote};
use crate::shared::verdict::Seen;

/// A question to the store.
pub(crate) struct Question {
    execution: Execution,
    /// How many limits it is about.
    limits: usize,
    /// Until when an answer is of use; [`Micros::MAX`] if there is no hurry.
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

impl Question {
    pub(crate) fn new(op: Op, remote: &Remote) -> Self {
        let execution = remote.store.execute(op, remote.charges.clone());
        let deadline = match op {
            // What was done is paid for, however late it is.
            Op::Charge | Op::Refund => None,
            _ => CallContext::current().deadline(),
        };
        let limits = remote.charges.len();
        Self { execution, limits, deadline: deadline.unwrap_or(Micros::MAX) }
    }

    /// What is heard of the store, in its time or in what is left of the call's.
    pub(crate) fn poll(
        &mut self,
        shared: &Shared,
        alarm: Pin<&mut Alarm>,
        cx: &mut Context<'_>,
    ) -> Poll<Heard> {
        match self.execution.as_mut().poll(cx) {
            // An answer that leaves a limit out is none.
            Poll::Ready(Ok(answer)) if answer.outcomes.len() != self.limits => {
                Poll::Ready(Heard::Nothing)
            }
            Poll::Ready(Ok(answer)) => Poll::Ready(Heard::Answer(Seen::told(answer))),
            Poll::Ready(Err(_)) => Poll::Ready(Heard::Nothing),
            Poll::Pending => {
                let budget = || shared.left(self.deadline).min(BUDGET);
                ready!(alarm.poll(cx, budget));
                let late = shared.left(self.deadline).is_zero();
                Poll::Ready(if late { Heard::Late } else { Heard::Nothing })
            }
        }
    }

    /// The same for who has nothing else to do.
    pub(crate) async fn answer(mut self, shared: &Shared) -> Heard {
        let mut alarm = pin!(Alarm::new());
        poll_fn(|cx| self.poll(shared, alarm.as_mut(), cx)).await
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

    /// Whether the call's deadline has passed.
    pub(crate) fn is_late(&self) -> bool {
        CallContext::current().deadline().is_some_and(|deadline| self.left(deadline).is_zero())
    }
}
