//! Leaving a shaper's queue.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome};

use crate::engine::kind::{Kind, On, Slot, SlotChange};

/// A refund to a limit of this kind by a call that leaves before its time.
///
/// A shaper's queue is a time: who leaves from its end gives its place back, who has others behind
/// it does not, since they were told when to go. It is an algorithm of its own so that the table
/// decides it under the key's lock.
pub(crate) struct Leave {
    pub(crate) kind: Kind,
    /// When the limit was to be as good as new, just after the call's own decision.
    pub(crate) until: Micros,
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
            (kind, state) => kind.plan(state, now, op, units, class),
        }
    }

    fn commit(&self, state: &mut Slot, change: SlotChange) {
        self.kind.commit(state, change);
    }
}
