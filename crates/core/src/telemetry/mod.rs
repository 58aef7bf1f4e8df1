//! What layers count, and how it is read.
//!
//! Counting must cost nothing that anybody notices: each layer counts every call, on every thread.
//! So a thread counts in cells that it alone writes (a load and a store, no locked instruction, no
//! shared cache line), and a reader sums over all threads. [`Meter`] is a layer's row of such cells,
//! [`Ticket`] a call in flight, [`Series`] the names under which the cells are published.

mod cells;
mod events;
mod meter;
#[cfg(feature = "metrics")]
mod publish;
mod registry;

pub use self::events::{rejected, retried, transition, waited, warn};
pub use self::meter::{Gauge, Meter, Ticket};
#[cfg(feature = "metrics")]
pub use self::publish::publish;
pub use self::registry::{Departure, Observe};

/// The prefix of every published series.
pub const PREFIX: &str = "palisade_";

/// How many counters a layer has.
pub const COUNTERS: usize = cells::COUNTERS;

/// A counter of a layer: an index into its row.
///
/// The first three are those of [`Ticket`] and the same in every layer; a layer names its own from
/// [`Counter::own`] on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counter(u8);

impl Counter {
    /// Calls that a ticket was opened for.
    pub const ENTERED: Self = Self(0);
    /// Tickets that are closed.
    pub const LEFT: Self = Self(1);
    /// Calls that were dropped before their end.
    pub const ABANDONED: Self = Self(2);

    /// The `index`-th counter of a layer's own; there are 13 of them, a larger index is the last.
    #[must_use]
    pub const fn own(index: u8) -> Self {
        let last = COUNTERS as u8 - 1;
        let at = index.saturating_add(3);
        Self(if at > last { last } else { at })
    }

    const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One published counter: which cell, under which name, with which label.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// The cell.
    pub counter: Counter,
    /// The name without [`PREFIX`], such as `"requests_total"`.
    pub metric: &'static str,
    /// The label besides `layer` and `name`, such as `("outcome", "passed")`.
    pub label: (&'static str, &'static str),
}

/// What a gauge, a setting or a total is published as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metric {
    /// The name without [`PREFIX`], such as `"breaker_state"`.
    pub name: &'static str,
    /// The labels besides `layer` and `name`, such as `("state", "open")`.
    pub labels: &'static [(&'static str, &'static str)],
}

/// Without further labels.
impl From<&'static str> for Metric {
    fn from(name: &'static str) -> Self {
        Self { name, labels: &[] }
    }
}

/// What a kind of layer publishes.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The kind of the layer: the label `layer`.
    pub layer: &'static str,
    /// Its counters. Without any, nothing is published of it: for what only counts for itself.
    pub series: &'static [Series],
}

impl Series {
    /// `requests_total{outcome}`.
    #[must_use]
    pub const fn outcome(counter: Counter, outcome: &'static str) -> Self {
        Self { counter, metric: "requests_total", label: ("outcome", outcome) }
    }

    /// `rejections_total{reason}`.
    #[must_use]
    pub const fn rejection(counter: Counter, reason: &'static str) -> Self {
        Self { counter, metric: "rejections_total", label: ("reason", reason) }
    }
}
