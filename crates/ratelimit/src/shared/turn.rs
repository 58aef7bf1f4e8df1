//! A call's turn, while it waits for it.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::Micros;
use palisade_core::base::Shared as _;
use palisade_core::telemetry::Ticket;
use smallvec::SmallVec;

use crate::engine::Engine;
use crate::engine::call::Call;
use crate::shared::Shared;
use crate::shared::counters::{DELAYED, PASSED};
use crate::shared::remote::Remote;
use crate::shared::verdict::Seen;

/// A place in the queue of a shaper. Dropped before it is [taken](Self::take), it is given back.
#[derive(Debug)]
#[must_use = "dropping a turn gives it back"]
pub(crate) struct Turn {
    shared: Arc<Shared>,
    call: Call,
    remote: Option<Remote>,
    due: Micros,
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
        Self { shared, call, remote, due, until, ticket: Some(ticket) }
    }

    /// How long until then.
    pub(crate) fn remaining(&self) -> Duration {
        self.due.since(self.shared.now()).to_duration()
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
