//! A call's turn, while it waits for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use palisade_core::guard::Ref;
use palisade_core::telemetry::Ticket;
use palisade_core::{Alarm, CallContext, Micros, Reason, Rejection};

use crate::room::Room;
use crate::shared::Shared;
use crate::stay::Stay;

/// A place in the line. Dropped, it is given up.
#[derive(Debug)]
pub(crate) struct Turn {
    room: Ref<Room>,
    place: u64,
    since: Micros,
    /// Until when it waits; [`Micros::MAX`] if no matter how long.
    until: Micros,
    deadline: Micros,
    /// `None` once the wait is over.
    ticket: Option<Ticket>,
    shared: Arc<Shared>,
}

impl Turn {
    pub(crate) fn new(
        shared: Arc<Shared>,
        room: Ref<Room>,
        place: u64,
        ticket: Ticket,
        max_wait: Micros,
    ) -> Self {
        let since = shared.now();
        let deadline = CallContext::current().deadline().unwrap_or(Micros::MAX);
        let until = (since + max_wait).min(deadline);
        Self { room, place, since, until, deadline, ticket: Some(ticket), shared }
    }

    /// Whether the call is in, or for what it has waited in vain.
    ///
    /// The alarm is one that was not polled before.
    pub(crate) fn poll(
        &mut self,
        alarm: Pin<&mut Alarm>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Stay, Rejection>> {
        if let Some(units) = self.room.gate.poll(self.place, cx.waker()) {
            return Poll::Ready(self.come_in(units));
        }
        if self.until < Micros::MAX {
            let remaining = || self.until.since(self.shared.now()).to_duration();
            ready!(alarm.poll(cx, remaining));
            return Poll::Ready(Err(self.give_up()));
        }
        Poll::Pending
    }

    /// Whether it is too late to send the call. The clock is read only if it has a deadline.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline < Micros::MAX && self.shared.now() >= self.deadline
    }

    /// Ready when it is too late to send the call.
    ///
    /// The alarm is one that was polled here only.
    pub(crate) fn poll_late(&self, alarm: Pin<&mut Alarm>, cx: &mut Context<'_>) -> Poll<()> {
        if self.deadline == Micros::MAX {
            return Poll::Pending;
        }
        alarm.poll(cx, || self.deadline.since(self.shared.now()).to_duration())
    }

    /// A call that was in is not sent: what it was given is somebody else's.
    #[cold]
    pub(crate) fn expire(&self, stay: Stay) -> Rejection {
        stay.revoke();
        self.shared.reject(Reason::Expired)
    }

    /// The turn has come.
    fn come_in(&mut self, units: u32) -> Result<Stay, Rejection> {
        let ticket = self.ticket.take().unwrap_or_default();
        if self.shared.waited(self.since) < self.deadline {
            return Ok(Stay::new(self.room.clone(), units, ticket));
        }
        // Too late to be sent: what it was given is somebody else's.
        self.room.gate.leave(units);
        ticket.discard();
        Err(self.shared.reject(Reason::Expired))
    }

    /// The turn does not come in time.
    fn give_up(&mut self) -> Rejection {
        self.room.gate.forsake(self.place);
        if let Some(ticket) = self.ticket.take() {
            ticket.discard();
        }
        let now = self.shared.waited(self.since);
        self.shared.reject(if self.until == self.deadline {
            Reason::Expired
        } else {
            Reason::queue_timeout(now.since(self.since).to_duration())
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The ticket, still open, counts the call as abandoned.
        if self.ticket.is_some() {
            self.room.gate.forsake(self.place);
        }
    }
}
