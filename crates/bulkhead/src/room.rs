//! What calls are in: the gate of all, or of one key.

use std::sync::atomic::{AtomicU64, Ordering};

use palisade_core::guard::End;
use palisade_core::keyed::Resident;
use palisade_core::pool::{Pool, Reuse};
use palisade_core::telemetry::{Counter, Ticket};
use palisade_core::{Key, Micros};

use crate::gate::Gate;
use crate::shared::counters::{FAILED, PASSED};

/// The rooms that no layer uses at the moment.
pub(crate) static POOL: Pool<Room> = Pool::new();

/// A gate, and whose it is.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) gate: Gate,
    /// The key as text; empty if it is everybody's.
    key: Box<str>,
    /// When it was last asked for.
    seen: AtomicU64,
}

impl Room {
    /// A room for `limit` units that everybody shares.
    pub(crate) fn shared(limit: u32) -> Self {
        Self { gate: Gate::new(limit), key: Box::default(), seen: AtomicU64::new(0) }
    }

    /// A room of a key's own.
    pub(crate) fn of(key: &Key<'_>, limit: u32) -> Self {
        let mut spelled = String::new();
        key.spell(&mut spelled);
        Self { key: spelled.into(), ..Self::shared(limit) }
    }

    /// The key as text; empty if it is everybody's.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A call that had so many units has ended.
    #[inline]
    pub(crate) fn settle(&self, units: u32, ticket: Ticket, end: End) {
        self.gate.leave(units);
        // Last, since the room may be somebody else's from then on.
        ticket.close(match end {
            End::Success => PASSED,
            End::Failure => FAILED,
            End::Abandoned => Counter::ABANDONED,
        });
    }

    /// It is asked for.
    pub(crate) fn see(&self, now: Micros) {
        self.seen.store(now.0, Ordering::Relaxed);
    }
}

/// While calls are under way or wait the room is held, and not asked.
impl Resident for Room {
    fn inert_at(&self) -> Micros {
        Micros(self.seen.load(Ordering::Relaxed))
    }
}

impl Reuse for Room {
    type Seed = u32;

    fn make(limit: u32) -> Self {
        Self::shared(limit)
    }

    fn renew(&self, limit: u32) {
        self.gate.set_limit(limit);
    }
}
