//! How far each reader is.

use std::task::Waker;

use smallvec::SmallVec;

/// How far one reader is, and how to wake it.
#[derive(Default)]
pub(super) struct Place {
    /// The next frame of the record to read.
    pub(super) at: usize,
    /// The body's bytes in the record from there on.
    pub(super) ahead: u64,
    /// Whether that frame was thrown away.
    pub(super) lost: bool,
    pub(super) waker: Option<Waker>,
}

/// The living readers, by their numbers. Two fit without allocation.
#[derive(Default)]
pub(super) struct Places(SmallVec<[Option<Place>; 2]>);

impl Places {
    pub(super) fn add(&mut self, place: Place) -> usize {
        let free = self.0.iter().position(Option::is_none);
        let number = free.unwrap_or(self.0.len());
        match self.0.get_mut(number) {
            Some(empty) => *empty = Some(place),
            None => self.0.push(Some(place)),
        }
        number
    }

    pub(super) fn remove(&mut self, number: usize) -> Option<Place> {
        self.0.get_mut(number)?.take()
    }

    pub(super) fn get(&self, number: usize) -> Option<&Place> {
        self.0.get(number)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut Place> {
        self.0.get_mut(number)?.as_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Place> {
        self.0.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.0.iter_mut().flatten()
    }

    /// All but one.
    pub(super) fn others(&mut self, number: usize) -> impl Iterator<Item = &mut Place> {
        let others = self.0.iter_mut().enumerate().filter(move |(other, _)| *other != number);
        others.filter_map(|(_, place)| place.as_mut())
    }
}
