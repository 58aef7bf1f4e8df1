//! The place that a service takes before it is called.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::Reason;

use crate::gate::Joined;
use crate::layer::front::Front;
use crate::shared::entry::Decided;

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
    /// Stands in the line.
    Place(u64),
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
        if let Held::Place(place) = self.held {
            let gate = &self.front.shared.room().gate;
            match gate.poll(place, cx.waker()) {
                Some(units) => self.held = Held::Units(units),
                None => return Poll::Pending,
            }
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
        match gate.join(1, u32::MAX) {
            Joined::In(units) => Held::Units(units),
            Joined::Waits(place) => Held::Place(place),
            // More services than there is memory for. Each of them is then asked in `take`.
            Joined::Full(_) => Held::Nothing,
        }
    }

    /// What becomes of the call that is made now.
    pub(crate) fn take(&mut self) -> Decided {
        let shared = &self.front.shared;
        let room = shared.room();
        match mem::replace(&mut self.held, Held::Nothing) {
            Held::Free => Ok(None),
            Held::Shadowed => Ok(shared.shadow()),
            Held::Units(units) if shared.is_late() => {
                room.gate.leave(units);
                shared.refuse(Reason::Expired)
            }
            Held::Units(units) => Ok(Some(shared.admit(room, units))),
            // Called without having been ready.
            Held::Place(place) => {
                room.gate.forsake(place);
                shared.try_enter(room, 1)
            }
            Held::Nothing => shared.try_enter(room, 1),
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
            Held::Place(place) => gate.forsake(place),
            Held::Nothing | Held::Free | Held::Shadowed => {}
        }
    }
}
