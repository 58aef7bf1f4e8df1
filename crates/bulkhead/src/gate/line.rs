//! The line in front of a gate.

use std::collections::BTreeMap;
use std::task::Waker;

/// Who waits, in the order in which they came; those who have had their turn and do not know it yet
/// are before all others.
#[derive(Debug, Default)]
pub(super) struct Line {
    places: BTreeMap<u64, Place>,
    /// The number of the next place.
    next: u64,
    /// All places before this one have had their turn.
    turn: u64,
    waiting: u32,
    /// How many of them count against the length that the line may have.
    queued: u32,
}

#[derive(Debug)]
enum Place {
    /// `None` until it is polled.
    Waits { weight: u32, queued: bool, waker: Option<Waker> },
    /// It is in, with so many units.
    In { units: u32 },
}

/// What somebody who went away leaves behind.
#[derive(Debug, Default)]
pub(super) struct Gone {
    /// The units that it had been given.
    pub(super) units: Option<u32>,
    /// To be dropped outside of the lock.
    _waker: Option<Waker>,
}

impl Line {
    /// How many wait.
    pub(super) const fn waiting(&self) -> u32 {
        self.waiting
    }

    /// How many wait that count against the length that the line may have.
    pub(super) const fn queued(&self) -> u32 {
        self.queued
    }

    /// A place at the end.
    pub(super) fn push(&mut self, weight: u32, queued: bool) -> u64 {
        let place = self.next;
        self.next += 1;
        self.waiting += 1;
        self.queued += u32::from(queued);
        self.places.insert(place, Place::Waits { weight, queued, waker: None });
        place
    }

    /// The weight of who is next.
    pub(super) fn front(&mut self) -> Option<u32> {
        let (&place, next) = self.places.range(self.turn..).next()?;
        self.turn = place;
        match *next {
            Place::Waits { weight, .. } => Some(weight),
            Place::In { .. } => None,
        }
    }

    /// It is the turn of who is next.
    pub(super) fn admit(&mut self, units: u32) -> Option<Waker> {
        let (&place, next) = self.places.range_mut(self.turn..).next()?;
        let before = std::mem::replace(next, Place::In { units });
        self.turn = place + 1;
        match before {
            Place::Waits { waker, queued, .. } => {
                self.forget(queued);
                waker
            }
            Place::In { .. } => None,
        }
    }

    /// The units of who stands in `place`, which is then given up, or a place that is woken by
    /// `waker`. A waker that is not needed comes back, to be dropped outside of the lock.
    pub(super) fn poll(&mut self, place: u64, waker: Waker) -> (Option<u32>, Option<Waker>) {
        match self.places.get_mut(&place) {
            Some(Place::Waits { waker: known, .. }) => (None, known.replace(waker)),
            Some(&mut Place::In { units }) => {
                self.places.remove(&place);
                (Some(units), Some(waker))
            }
            None => (None, Some(waker)),
        }
    }

    /// Gives a place up.
    pub(super) fn remove(&mut self, place: u64) -> Gone {
        match self.places.remove(&place) {
            Some(Place::Waits { waker, queued, .. }) => {
                self.forget(queued);
                Gone { units: None, _waker: waker }
            }
            Some(Place::In { units }) => Gone { units: Some(units), _waker: None },
            None => Gone::default(),
        }
    }

    /// One that waited waits no more.
    const fn forget(&mut self, queued: bool) {
        self.waiting -= 1;
        self.queued -= queued as u32;
    }
}
