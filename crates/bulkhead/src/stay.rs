//! A call's stay in a room.

use std::mem;

use palisade_core::Micros;
use palisade_core::guard::{Account, Admission, End, Guard, Ref};
use palisade_core::telemetry::Ticket;

use crate::room::Room;

/// The units of a call that is in. Dropped, it gives them back, and counts the call as abandoned (or,
/// during a panic, as failed).
///
/// A [`Guard`] in three words, which is ended where it is: a guard of core's is moved to be settled, and
/// that a processor cannot read as a whole what it has just written in parts costs more than the two
/// atomic instructions.
#[derive(Debug)]
#[must_use = "dropping a stay gives its units back"]
pub(crate) struct Stay {
    /// `None` when it has ended.
    room: Option<Ref<Room>>,
    units: u32,
    ticket: Ticket,
}

impl Stay {
    #[inline]
    pub(crate) const fn new(room: Ref<Room>, units: u32, ticket: Ticket) -> Self {
        Self { room: Some(room), units, ticket }
    }

    /// The call ended so. The first end counts.
    #[inline]
    pub(crate) fn end(&mut self, end: End) {
        if let Some(room) = &self.room {
            room.settle(self.units, mem::take(&mut self.ticket), end);
            self.room = None;
        }
    }

    /// The same stay, as a response's body holds it.
    pub(crate) fn into_guard(mut self) -> Option<Guard> {
        let room = self.room.take()?;
        let (units, ticket) = (self.units.into(), mem::take(&mut self.ticket));
        let admission = Admission { generation: units, at: Micros::ZERO, ticket };
        Some(Guard::<Room>::new(room, admission).erase())
    }
}

impl Drop for Stay {
    #[inline]
    fn drop(&mut self) {
        if self.room.is_some() {
            let panicking = std::thread::panicking();
            self.end(if panicking { End::Failure } else { End::Abandoned });
        }
    }
}

/// The generation of an admission is the number of its units.
impl Account for Room {
    fn settle(&self, admission: Admission, end: End) {
        Self::settle(self, admission.generation as u32, admission.ticket, end);
    }
}
