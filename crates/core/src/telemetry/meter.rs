//! A layer's counters, and its calls in flight.

use std::fmt;
use std::sync::Weak;

use super::registry::{self, Departure};
use super::{COUNTERS, Counter, Observe, Schema, cells};
use crate::Name;

/// A layer's row of counters, registered under its kind and name for as long as it lives.
///
/// Counting costs a nanosecond or two, never contends, and never allocates after a thread's first
/// count.
pub struct Meter {
    row: u32,
}

/// A call in flight.
///
/// Four bytes that know where to count: no reference to the layer is held. A ticket that is dropped
/// unclosed counts as abandoned.
#[must_use = "dropping a ticket counts the call as abandoned"]
pub struct Ticket {
    row: u32,
}

/// Reads a layer's row, like a [`Meter`], without owning it: whoever uses it must know
/// that a ticket of the layer is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge {
    row: u32,
}

/// The row of a closed ticket.
const CLOSED: u32 = u32::MAX;

// ===== impl Meter =====

impl Meter {
    /// Registers a layer.
    #[must_use]
    pub fn new(schema: &'static Schema, name: Name) -> Self {
        Self { row: registry::enter(schema, name) }
    }

    /// Publishes the layer under another name from now on.
    pub fn rename(&mut self, name: Name) {
        registry::rename(self.row, name);
    }

    /// Asks `observer` for the layer's gauges whenever they are published.
    pub fn observe(&self, observer: Weak<dyn Observe>) {
        registry::observe(self.row, observer);
    }

    /// Counts one.
    #[inline]
    pub fn add(&self, counter: Counter) {
        cells::add(self.row, counter.index());
    }

    /// Counts one, and says a number that goes up by one with each call of this on this thread: for
    /// looking at some calls only.
    #[inline]
    #[must_use]
    pub fn tick(&self, counter: Counter) -> u64 {
        cells::tick(self.row, counter.index())
    }

    /// How many were counted since the layer was made.
    #[must_use]
    pub fn count(&self, counter: Counter) -> u64 {
        registry::count(self.row, counter)
    }

    /// Reads the layer's counters, for whoever may outlive the layer's meter.
    #[must_use]
    pub const fn gauge(&self) -> Gauge {
        Gauge { row: self.row }
    }

    /// Tells when all calls that are in flight now have ended; for a layer that is about to end.
    #[must_use]
    pub fn departure(&self) -> Departure {
        registry::departure(self.row)
    }

    /// How many tickets are open.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        registry::in_flight(self.row)
    }

    /// Opens a ticket.
    #[inline]
    pub fn enter(&self) -> Ticket {
        self.add(Counter::ENTERED);
        Ticket { row: self.row }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        registry::leave(self.row);
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: [u64; COUNTERS] =
            std::array::from_fn(|index| registry::count(self.row, Counter(index as u8)));
        f.debug_struct("Meter").field("row", &self.row).field("counts", &counts).finish()
    }
}

// ===== impl Gauge =====

impl Gauge {
    /// What a counter holds on all threads together, plus something that never changes: for taking
    /// differences, at the cost of a load per thread.
    #[must_use]
    pub fn sum(self, counter: Counter) -> u64 {
        cells::sum(self.row, counter.index())
    }

    /// The row as a number, to be kept in an atomic.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.row
    }

    /// The row of this number.
    #[must_use]
    pub const fn from_bits(row: u32) -> Self {
        Self { row }
    }
}

// ===== impl Ticket =====

impl Ticket {
    /// Counts something that happened on the way.
    #[inline]
    pub fn add(&self, counter: Counter) {
        cells::add(self.row, counter.index());
    }

    /// Whether it is open.
    #[inline]
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.row != CLOSED
    }

    /// Closes the ticket; the call ended so.
    #[inline]
    pub fn close(mut self, outcome: Counter) {
        self.close_once(outcome);
    }

    /// Closes the ticket without counting the call under any outcome.
    #[inline]
    pub fn discard(mut self) {
        if self.row != CLOSED {
            cells::add_last(self.row, Counter::LEFT.index());
            self.row = CLOSED;
        }
    }

    #[inline]
    fn close_once(&mut self, outcome: Counter) {
        if self.row != CLOSED {
            cells::add(self.row, outcome.index());
            cells::add_last(self.row, Counter::LEFT.index());
            self.row = CLOSED;
        }
    }
}

impl Drop for Ticket {
    #[inline]
    fn drop(&mut self) {
        self.close_once(Counter::ABANDONED);
    }
}

/// A closed ticket, which counts nothing.
impl Default for Ticket {
    fn default() -> Self {
        Self { row: CLOSED }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("open", &(self.row != CLOSED)).finish()
    }
}
