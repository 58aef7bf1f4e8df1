//! A call's turn, while it waits for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use palisade_core::base::Shared as _;
use palisade_core::telemetry::Ticket;
use palisade_core::{Alarm, CallContext, Micros, Rejection};
use smallvec::SmallVec;

use crate::engine::Engine;
use crate::engine::call::Call;
use crate::shared::Shared;
use crate::shared::counters::{DELAYED, PASSED, REJECTED};
use crate::shared::remote::Remote;
use crate::shared::verdict::Seen;
use crate::shared::why::Why;

/// A place in the queue of a shaper. Dropped before it is [taken](Self::take), it is given back.
#[derive(Debug)]
#[must_use = "dropping a turn gives it back"]
pub(crate) struct Turn {
    shared: Arc<Shared>,
    call: Call,
    remote: Option<Remote>,
    due: Micros,
    has_come: bool,
    /// Until when the call must be sent; [`Micros::MAX`] if there is no hurry.
    deadline: Micros,
    /// When each limit was to be as good as new, as it stood after this call.
    until: SmallVec<[Micros; 2]>,
    ticket: Option<Ticket>,
}

impl Turn {
    /// The turn of a call that was decided so.
    pub(crate) fn new(
        shared: Arc<Shared>,
        call: Call,
        remote: Option<Remote>,
        seen: &Seen,
        ticket: Ticket,
    ) -> Self {
        ticket.add(DELAYED);
        let until = seen.until();
        // Counted from here by our own clock: a store's may be another one.
        let due = shared.now() + seen.wait;
        let deadline = CallContext::current().deadline().unwrap_or(Micros::MAX);
        let (has_come, ticket) = (false, Some(ticket));
        Self { shared, call, remote, due, has_come, deadline, until, ticket }
    }

    /// How long until then.
    pub(crate) fn remaining(&self) -> Duration {
        self.due.since(self.shared.now()).to_duration()
    }

    /// Ready when it has come. The alarm is as good as new then.
    pub(crate) fn poll(&mut self, mut alarm: Pin<&mut Alarm>, cx: &mut Context<'_>) -> Poll<()> {
        if !self.has_come {
            ready!(alarm.as_mut().poll(cx, || self.remaining()));
            alarm.set(Alarm::new());
            self.has_come = true;
        }
        Poll::Ready(())
    }

    /// Whether it is too late to send the call. The clock is read only if it has a deadline.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline < Micros::MAX && self.shared.now() > self.deadline
    }

    /// Ready when it is too late to send the call. The alarm is one that was polled here only.
    pub(crate) fn poll_late(&self, alarm: Pin<&mut Alarm>, cx: &mut Context<'_>) -> Poll<()> {
        if self.deadline == Micros::MAX {
            return Poll::Pending;
        }
        alarm.poll(cx, || self.deadline.since(self.shared.now()).to_duration())
    }

    /// The call is not sent: what still counts as its own is given back.
    #[cold]
    pub(crate) fn expire(mut self) -> Rejection {
        self.shared.leave(&self.call, self.remote.as_ref(), &self.until);
        if let Some(ticket) = self.ticket.take() {
            ticket.close(REJECTED);
        }
        self.shared.reject(Why::expired(&self.shared))
    }

    /// The call goes on.
    pub(crate) fn take(mut self) {
        if let Some(ticket) = self.ticket.take() {
            ticket.close(PASSED);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The ticket, still open, counts the call as abandoned.
        if self.ticket.is_some() {
            self.shared.leave(&self.call, self.remote.as_ref(), &self.until);
        }
    }
}

impl Shared {
    /// Takes a call out of its limits that goes away before its turn.
    pub(crate) fn leave(self: &Arc<Self>, call: &Call, remote: Option<&Remote>, until: &[Micros]) {
        // A store has no operation that knows which units are still this call's: what it took there
        // stays taken.
        if let (None, Engine::Several(several)) = (remote, &self.engine) {
            several.leave(call, until, self.base().clock());
        }
    }
}
