//! What is remembered of a shaper's queue.

use palisade_core::Micros;
use palisade_core::algorithm::State;

use super::packed::At;
use crate::algorithms::gcra::Tat;

/// When a queue will be empty, and a run of places before that which nobody has any more: the state
/// of a [`Shaper`](super::Shaper).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    pub(super) tat: Tat,
    hole: Hole,
}

/// Places that were left while others stood behind them: from after `start` up to `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hole {
    start: At,
    end: At,
}

impl Queue {
    /// The queue that ends at `tat` from now on. A hole behind its end is none: whoever comes next
    /// stands there.
    pub(super) fn ending(self, tat: Tat) -> Self {
        let keeps = self.hole.end.micros() <= tat.inert_at();
        Self { tat, hole: if keeps { self.hole } else { Hole::default() } }
    }

    /// Where a hole begins that ends where the queue does; that is the queue's end, then.
    pub(super) fn falls_back(self, end: Micros) -> Option<Micros> {
        let Hole { start, end: last } = self.hole;
        (last.micros() == end && start.micros() < end).then(|| start.micros())
    }

    /// The queue without a place that has others behind it. One run of such places is remembered,
    /// and another only when that one is over or lies further ahead: callers that give up do so in
    /// the order in which they came.
    pub(super) fn without(self, start: Micros, end: Micros, now: Micros) -> Self {
        let (first, last) = (self.hole.start.micros(), self.hole.end.micros());
        // Of a place whose border is a fraction, it is rounded up: two that touch differ by one.
        let touches = |a: Micros, b: Micros| b.since(a) <= Micros(1) && a <= b;
        let hole = if last > now && touches(last, start) {
            Hole { start: self.hole.start, end: At::new(end) }
        } else if last > now && touches(end, first) {
            Hole { start: At::new(start), end: self.hole.end }
        } else if last <= now || end > last {
            Hole { start: At::new(start), end: At::new(end) }
        } else {
            self.hole
        };
        Self { hole, ..self }
    }
}

impl State for Queue {
    #[inline]
    fn inert_at(&self) -> Micros {
        self.tat.inert_at()
    }
}
