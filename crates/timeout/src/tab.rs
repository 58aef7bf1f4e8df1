//! What a call that is timed is known by, from its beginning to its end.

use std::sync::Arc;

use palisade_core::switch::Switch;
use palisade_core::telemetry::{self, Ticket};
use palisade_core::{Late, Micros, Name, Reason, Rejection};

use crate::shared::Shared;
use crate::shared::counters::{FAILED, HEAD, IDLE, LAYER, PASSED, REJECTED, SHADOWED};
use crate::shared::counters::{TIMED_OUT, TOTAL};

/// A call under way; it moves on into the body, if that is watched. Dropped, the call was abandoned.
#[derive(Debug)]
pub(crate) struct Tab {
    pub(crate) name: Name,
    pub(crate) ticket: Ticket,
    /// Who decides whether the call is cut when it is late; `None` if it is in any case.
    pub(crate) lenient: Option<(Arc<Shared>, Switch)>,
}

impl Tab {
    /// The call ended in time.
    #[inline]
    pub(crate) fn close(self, well: bool) {
        self.ticket.close(if well { PASSED } else { FAILED });
    }

    /// The call is late: why it is cut, or `None` if it is of the share that runs on.
    #[cold]
    pub(crate) fn late(self, late: Late, limit: Micros, elapsed: Micros) -> Option<Rejection> {
        if let Some((shared, switch)) = &self.lenient
            && !shared.enforces(*switch)
        {
            self.ticket.close(SHADOWED);
            return None;
        }
        Some(self.cut(late, limit, elapsed))
    }

    /// The call is cut.
    #[cold]
    pub(crate) fn cut(self, late: Late, limit: Micros, elapsed: Micros) -> Rejection {
        self.ticket.add(TIMED_OUT);
        self.ticket.add(match late {
            Late::Head => HEAD,
            Late::Idle => IDLE,
            Late::Total => TOTAL,
        });
        self.ticket.close(REJECTED);
        let why = Self::why(self.name, late, limit, elapsed);
        telemetry::rejected(&why);
        why
    }

    pub(crate) fn why(name: Name, late: Late, limit: Micros, elapsed: Micros) -> Rejection {
        let reason = Reason::timed_out(late, limit.to_duration(), elapsed.to_duration());
        Rejection::new(LAYER, name, reason)
    }
}
