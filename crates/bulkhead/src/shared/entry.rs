//! What becomes of a call that wants in.

use std::sync::Arc;

use palisade_core::base::Shared as _;
use palisade_core::guard::Ref;
use palisade_core::{CallContext, Micros, Reason, Rejection, telemetry};

use super::Shared;
use super::counters::{
    EXPIRED, FULL, KEY_MISSING, LAYER, PASSED, QUEUE_FULL, QUEUE_TIMEOUT, REJECTED, SHADOWED,
    WAITED,
};
use crate::gate::Joined;
use crate::room::Room;
use crate::stay::Stay;
use crate::turn::Turn;

/// In, with its place or without one, or refused.
pub(crate) type Decided = Result<Option<Stay>, Rejection>;

/// What becomes of a call that wants in.
#[derive(Debug)]
pub(crate) enum Entry {
    Decided(Decided),
    /// It has to wait.
    Waits(Turn),
}

impl Shared {
    /// Takes units, if the call is in time and they are free. How many it took is for
    /// [`admit`](Self::admit).
    #[inline]
    pub(crate) fn take(&self, room: &Room, weight: u32) -> Option<u32> {
        if self.is_late() { None } else { room.gate.enter(weight) }
    }

    /// The stay of a call that took so many units.
    #[inline]
    pub(crate) fn admit(&self, room: Ref<Room>, units: u32) -> Stay {
        Stay::new(room, units, self.base.meter().enter())
    }

    /// What becomes of a call that took none, if it may wait.
    #[cold]
    #[inline(never)]
    pub(crate) fn turn_away(self: &Arc<Self>, room: Ref<Room>, weight: u32) -> Entry {
        if self.is_late() {
            return Entry::Decided(self.refuse(Reason::Expired));
        }
        let settings = self.settings();
        if settings.max_queued == 0 {
            return Entry::Decided(self.refuse(Reason::bulkhead_full(room.gate.limit())));
        }
        if !self.enforces() {
            return Entry::Decided(Ok(self.shadow()));
        }
        match room.gate.join(weight, Some(settings.max_queued)) {
            Joined::In(units) => Entry::Decided(Ok(Some(self.admit(room, units)))),
            Joined::Full(waiting) => Entry::Decided(Err(self.reject(Reason::queue_full(waiting)))),
            Joined::Waits(place) => {
                self.waits();
                let (shared, ticket) = (Arc::clone(self), self.base.meter().enter());
                Entry::Waits(Turn::new(shared, room, place, ticket, settings.max_wait))
            }
        }
    }

    /// Counts one that has to wait.
    pub(crate) fn waits(&self) {
        self.base.meter().add(WAITED);
    }

    /// Records how long it has waited; returns the time.
    pub(crate) fn waited(&self, since: Micros) -> Micros {
        let now = self.now();
        telemetry::waited(LAYER, self.base.name(), now.since(since));
        now
    }

    /// What becomes of a call that took none, and does not wait.
    #[cold]
    #[inline(never)]
    pub(crate) fn turn_down(&self, room: &Room) -> Decided {
        self.refuse(match self.is_late() {
            true => Reason::Expired,
            false => Reason::bulkhead_full(room.gate.limit()),
        })
    }

    /// Refuses a call, if refusals are acted on.
    #[cold]
    #[inline(never)]
    pub(crate) fn refuse(&self, reason: Reason) -> Decided {
        if self.enforces() { Err(self.reject(reason)) } else { Ok(self.shadow()) }
    }

    /// Lets a call pass, without a place, that would have been refused or would have had to wait.
    ///
    /// It takes none, so that what is counted as taken is what would be if refusals were acted on.
    pub(crate) fn shadow(&self) -> Option<Stay> {
        self.base.meter().add(SHADOWED);
        None
    }

    /// Lets a call pass that the bulkhead does nothing for.
    pub(crate) fn pass(&self) -> Option<Stay> {
        self.base.meter().add(PASSED);
        None
    }

    /// Counts a refusal.
    pub(crate) fn reject(&self, reason: Reason) -> Rejection {
        let meter = self.base.meter();
        meter.add(REJECTED);
        let counter = match reason {
            Reason::BulkheadFull { .. } => Some(FULL),
            Reason::QueueFull { .. } => Some(QUEUE_FULL),
            Reason::QueueTimeout { .. } => Some(QUEUE_TIMEOUT),
            Reason::Expired => Some(EXPIRED),
            Reason::KeyMissing { .. } => Some(KEY_MISSING),
            _ => None,
        };
        if let Some(counter) = counter {
            meter.add(counter);
        }
        let why = Rejection::new(LAYER, self.base.name(), reason);
        telemetry::rejected(&why);
        why
    }

    /// Whether the call's deadline has passed. The clock is read only if there is one.
    #[inline]
    pub(crate) fn is_late(&self) -> bool {
        CallContext::current().deadline().is_some_and(|deadline| self.now() >= deadline)
    }

    /// Whether this refusal, or this wait, is of the share that is acted on.
    pub(crate) fn enforces(&self) -> bool {
        self.share.enforces(self.switch().enforce)
    }

    #[inline]
    pub(crate) fn now(&self) -> Micros {
        self.base().clock().now()
    }
}
