//! Leaving a shaper's queue.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome};

use crate::engine::kind::{Kind, On, Slot, SlotChange};

/// A refund to a limit of this kind by a call that leaves before its time: of its own units, and never
/// of what others took.
///
/// A shaper's queue is a time: who leaves from its end gives its place back, who has others behind
/// it does not, since they were told when to go. It is an algorithm of its own so that the table
/// decides it under the key's lock.
pub(crate) struct Leave {
    pub(crate) kind: Kind,
    /// When the limit was to be as good as new, just after the call's own decision.
    pub(crate) until: Micros,
}

impl Leave {
    /// How many of the units still count, and so may be given back; those that have flowed off, or are
    /// of a window that is over, are not there any more, and what is there is of others.
    fn still_counted(&self, slot: &Slot, now: Micros, units: u64, class: u8) -> u64 {
        match &self.kind {
            // Taking them has put off all that came later by no more than is left of their time.
            Kind::Bucket(On(bucket)) => units.min(bucket.units_in(self.until.since(now))),
            // The same window, or nobody has come since.
            kind => {
                let (seen, _) = kind.plan(slot, now, Op::Decide, 0, class);
                if now + seen.reset() == self.until { units } else { 0 }
            }
        }
    }
}

impl Algorithm for Leave {
    type State = Slot;
    type Change = SlotChange;

    fn plan(
        &self,
        state: &Slot,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<SlotChange>) {
        match (&self.kind, state) {
            (Kind::Shaper(On(shaper)), Slot::Shaper(tat)) => {
                let change = shaper.leave(tat, now, units, self.until);
                (Outcome::passed(0), change.map(SlotChange::Shaper))
            }
            (kind, state) => {
                let units = self.still_counted(state, now, units, class);
                kind.plan(state, now, op, units, class)
            }
        }
    }

    fn commit(&self, state: &mut Slot, change: SlotChange) {
        self.kind.commit(state, change);
    }
}
