//! The place that a service takes before it is called.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::Micros;

use crate::gate::Joined;
use crate::layer::front::Front;
use crate::shared::entry::Decided;
use crate::stay::Stay;

/// A place, or the wish for one. Dropped, it is given back.
///
/// It refers to the room by the state that it owns, and so needs no ticket: there is no call yet.
#[derive(Debug)]
pub(crate) struct Reservation {
    held: Held,
    front: Arc<Front>,
}

#[derive(Debug)]
enum Held {
    Nothing,
    /// Stands in the line since then.
    Place {
        place: u64,
        since: Micros,
    },
    /// Is in, with so many units.
    Units(u32),
    /// Needs none: the bulkhead is switched off.
    Free,
    /// Goes without one, since that it had to wait is not of the share that is acted on.
    Shadowed,
}

impl Reservation {
    pub(crate) const fn none(front: Arc<Front>) -> Self {
        Self { held: Held::Nothing, front }
    }

    pub(crate) const fn front(&self) -> &Arc<Front> {
        &self.front
    }

    /// Ready when there is a place.
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if matches!(self.held, Held::Nothing) {
            self.held = self.begin();
        }
        if let Held::Place { place, since } = self.held {
            let shared = &self.front.shared;
            let Some(units) = shared.room().gate.poll(place, cx.waker()) else {
                return Poll::Pending;
            };
            shared.waited(since);
            self.held = Held::Units(units);
        }
        Poll::Ready(())
    }

    fn begin(&self) -> Held {
        let shared = &self.front.shared;
        if !shared.switch().enabled {
            return Held::Free;
        }
        let gate = &shared.room().gate;
        if let Some(units) = gate.enter(1) {
            return Held::Units(units);
        }
        if !shared.enforces() {
            return Held::Shadowed;
        }
        match gate.join(1, None) {
            Joined::In(units) => Held::Units(units),
            Joined::Waits(place) => {
                shared.waits();
                Held::Place { place, since: shared.now() }
            }
            // More services than there is memory for. Each of them is then asked in `take`.
            Joined::Full(_) => Held::Nothing,
        }
    }

    /// The stay of the call that is made now, if it has a place and is in time; else
    /// [`conclude`](Self::conclude) says what becomes of it.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Stay> {
        let shared = &self.front.shared;
        match self.held {
            Held::Units(units) if !shared.is_late() => {
                self.held = Held::Nothing;
                Some(shared.admit(shared.room(), units))
            }
            _ => None,
        }
    }

    /// What becomes of a call that has no place.
    #[inline(never)]
    pub(crate) fn conclude(&mut self) -> Decided {
        let shared = &self.front.shared;
        let gate = &shared.room().gate;
        match mem::replace(&mut self.held, Held::Nothing) {
            Held::Free => return Ok(None),
            Held::Shadowed => return Ok(shared.shadow()),
            Held::Units(units) => gate.leave(units),
            // Called without having been ready.
            Held::Place { place, .. } => gate.forsake(place),
            Held::Nothing => {}
        }
        self.take_at_once()
    }

    fn take_at_once(&self) -> Decided {
        let shared = &self.front.shared;
        let room = shared.room();
        match shared.take(&room, 1) {
            Some(units) => Ok(Some(shared.admit(room, units))),
            None => shared.turn_down(&room),
        }
    }
}

/// A clone is never ready.
impl Clone for Reservation {
    fn clone(&self) -> Self {
        Self::none(Arc::clone(&self.front))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let gate = &self.front.shared.room().gate;
        match self.held {
            Held::Units(units) => gate.leave(units),
            Held::Place { place, .. } => gate.forsake(place),
            Held::Nothing | Held::Free | Held::Shadowed => {}
        }
    }
}
