//! The gate, for loom.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::gate::{Gate, Joined};

/// A gate by itself.
#[derive(Debug)]
pub struct Model(Gate);

/// A call that wants in.
#[derive(Debug)]
pub struct Entering<'a> {
    gate: &'a Model,
    weight: u32,
    place: Option<u64>,
}

impl Model {
    /// A gate that lets `limit` units in.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self(Gate::new(limit))
    }

    /// Takes units if it can at once.
    #[must_use]
    pub fn enter(&self, weight: u32) -> Option<u32> {
        self.0.enter(weight)
    }

    /// Waits for units, which [`leave`](Self::leave) gives back.
    #[must_use]
    pub fn wait(&self, weight: u32) -> Entering<'_> {
        Entering { gate: self, weight, place: None }
    }

    /// Gives units back.
    pub fn leave(&self, units: u32) {
        self.0.leave(units);
    }

    /// Changes the limit.
    pub fn set_limit(&self, limit: u32) {
        self.0.set_limit(limit);
    }

    /// How many units are taken.
    #[must_use]
    pub fn in_use(&self) -> u32 {
        self.0.in_use()
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.0.waiting()
    }
}

impl Future for Entering<'_> {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        let gate = &self.gate.0;
        if self.place.is_none() {
            if let Some(units) = gate.enter(self.weight) {
                return Poll::Ready(units);
            }
            match gate.join(self.weight, None) {
                Joined::In(units) => return Poll::Ready(units),
                Joined::Waits(place) => self.place = Some(place),
                Joined::Full(_) => return Poll::Pending,
            }
        }
        let units = self.place.and_then(|place| self.gate.0.poll(place, cx.waker()));
        match units {
            Some(units) => {
                self.place = None;
                Poll::Ready(units)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Entering<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.gate.0.forsake(place);
        }
    }
}
