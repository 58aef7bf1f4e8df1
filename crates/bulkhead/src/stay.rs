//! A call's stay in a room.

use std::mem;

use palisade_core::Micros;
use palisade_core::classify::Verdict;
use palisade_core::guard::{Account, Admission, End, Guard, Ref};
use palisade_core::telemetry::Ticket;

use crate::room::{Room, Taken};

/// The units of a call that is in. Dropped, it gives them back, and counts the call as abandoned (or,
/// during a panic, as failed).
///
/// A [`Guard`] that is ended where it is: a guard of core's is moved to be settled, and
/// that a processor cannot read as a whole what it has just written in parts costs more than the two
/// atomic instructions.
#[derive(Debug)]
#[must_use = "dropping a stay gives its units back"]
pub(crate) struct Stay {
    /// `None` when it has ended.
    room: Option<Ref<Room>>,
    taken: Taken,
    ticket: Ticket,
    lesson: Lesson,
}

/// What a room is to learn from a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lesson {
    /// What its end says.
    End,
    /// That it failed, as the response's head or the error says.
    Failed,
    /// Nothing: a layer inside refused it.
    Nothing,
}

impl Stay {
    #[inline]
    pub(crate) fn new(room: Ref<Room>, units: u32, ticket: Ticket) -> Self {
        let taken = room.taken(units);
        Self { room: Some(room), taken, ticket, lesson: Lesson::End }
    }

    /// Learns from the response's head or from an error, if the room learns.
    #[inline]
    pub(crate) fn learn(&mut self, verdict: impl FnOnce() -> Verdict) {
        if self.room.as_ref().is_some_and(|room| room.learns()) {
            self.lesson = match verdict() {
                Verdict::Failure => Lesson::Failed,
                Verdict::Neutral => Lesson::Nothing,
                Verdict::Success | Verdict::AtEnd => Lesson::End,
            };
        }
    }

    /// The call ended so. The first end counts.
    #[inline(always)]
    pub(crate) fn end(&mut self, end: End) {
        if let Some(room) = &self.room {
            let ticket = mem::take(&mut self.ticket);
            room.settle(self.taken, ticket, end, self.lesson.of(end));
            self.room = None;
        }
    }

    /// The call will not be made. The units are free again, and nothing is counted.
    #[cold]
    pub(crate) fn revoke(mut self) {
        if let Some(room) = self.room.take() {
            room.gate.leave(self.taken.units);
            mem::take(&mut self.ticket).discard();
        }
    }

    /// Nobody said how the call ended.
    #[inline(never)]
    fn break_off(&mut self) {
        let panicking = std::thread::panicking();
        self.end(if panicking { End::Failure } else { End::Abandoned });
    }

    /// The same stay, as a response's body holds it.
    pub(crate) fn into_guard(mut self) -> Option<Guard> {
        let room = self.room.take()?;
        let Taken { units, in_use, at } = self.taken;
        let generation = u64::from(units) << 32 | u64::from(in_use);
        let at = self.lesson.beside(at);
        let admission = Admission { generation, at, ticket: mem::take(&mut self.ticket) };
        Some(Guard::<Room>::new(room, admission).erase())
    }
}

impl Drop for Stay {
    #[inline]
    fn drop(&mut self) {
        if self.room.is_some() {
            self.break_off();
        }
    }
}

impl Lesson {
    /// In the highest bits of a time, which are 0 for the next hundred thousand years.
    const SHIFT: u32 = 62;

    const fn beside(self, at: Micros) -> Micros {
        let bits: u64 = match self {
            Self::End => 0,
            Self::Failed => 1,
            Self::Nothing => 2,
        };
        Micros(at.0 & ((1 << Self::SHIFT) - 1) | bits << Self::SHIFT)
    }

    const fn apart(both: Micros) -> (Self, Micros) {
        let lesson = match both.0 >> Self::SHIFT {
            0 => Self::End,
            1 => Self::Failed,
            _ => Self::Nothing,
        };
        (lesson, Micros(both.0 & ((1 << Self::SHIFT) - 1)))
    }

    /// How a call that ended so counts for its room.
    const fn of(self, end: End) -> End {
        match (self, end) {
            (Self::Failed, End::Success) => End::Failure,
            (Self::Nothing, _) => End::Abandoned,
            (_, end) => end,
        }
    }
}

/// An admission's generation is what it took, and its time has the lesson beside it.
impl Account for Room {
    fn settle(&self, admission: Admission, end: End) {
        let Admission { generation, at, ticket } = admission;
        let (lesson, at) = Lesson::apart(at);
        let taken = Taken { units: (generation >> 32) as u32, in_use: generation as u32, at };
        Self::settle(self, taken, ticket, end, lesson.of(end));
    }
}
