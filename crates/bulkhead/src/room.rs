//! What calls are in: the gate of all, or of one key.

use std::sync::atomic::{AtomicU64, Ordering};

use palisade_core::Micros;
use palisade_core::guard::End;
use palisade_core::keyed::Resident;
use palisade_core::pool::{Pool, Reuse};
use palisade_core::telemetry::{Counter, Ticket};

use crate::gate::Gate;
use crate::learning::Learning;
use crate::shared::counters::{FAILED, PASSED};

/// The rooms that no layer uses at the moment.
pub(crate) static POOL: Pool<Room> = Pool::new();

/// For how long a key's room is kept that has learnt its limit, at least while there is room.
const REMEMBERED: Micros = Micros(60_000_000);

/// A gate, and whose it is.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) gate: Gate,
    /// `None` where the limit is a number.
    learning: Option<Learning>,
    /// The key as text; empty if it is everybody's.
    key: Box<str>,
    /// When it was last asked for.
    seen: AtomicU64,
}

/// What a call took, and what is needed to learn from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) units: u32,
    /// How many were in use by then.
    pub(crate) in_use: u32,
    pub(crate) at: Micros,
}

impl Room {
    /// A room for `limit` units.
    pub(crate) fn new(key: &str, limit: u32) -> Self {
        let (gate, key) = (Gate::new(limit), key.into());
        Self { gate, learning: None, key, seen: AtomicU64::new(0) }
    }

    /// A room for as many as the algorithm finds.
    pub(crate) fn learning(key: &str, learning: Learning) -> Self {
        let room = Self::new(key, learning.limit());
        Self { learning: Some(learning), ..room }
    }

    /// The key as text; empty if it is everybody's.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether the limit is its own to find.
    pub(crate) const fn learns(&self) -> bool {
        self.learning.is_some()
    }

    /// What is known of a call that took so many units.
    #[inline]
    pub(crate) fn taken(&self, units: u32) -> Taken {
        match &self.learning {
            None => Taken { units, ..Taken::default() },
            Some(learning) => Taken { units, in_use: self.gate.in_use(), at: learning.now() },
        }
    }

    /// A call that took so much has ended.
    #[inline(always)]
    pub(crate) fn settle(&self, taken: Taken, ticket: Ticket, end: End, lesson: End) {
        self.gate.leave(taken.units);
        if let Some(learning) = &self.learning {
            learning.hear(&self.gate, taken.at, taken.in_use, lesson);
        }
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
        let seen = Micros(self.seen.load(Ordering::Relaxed));
        if self.learns() { seen + REMEMBERED } else { seen }
    }
}

impl Reuse for Room {
    type Seed = u32;

    fn make(limit: u32) -> Self {
        Self::new("", limit)
    }

    fn renew(&self, limit: u32) {
        self.gate.set_limit(limit);
    }
}
