//! A limit that stands in for one in the store.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, Portion};
use palisade_core::store::{Charge, Policy};

use super::warm::{Local, PolicyState, Warm};

/// A limit over what is remembered of a key, so that a table decides on several at once, and bounds them.
pub(super) struct StandIn {
    /// With the numbers of this instance.
    pub(super) policy: Policy,
    /// Which part that is of the limit, if it is one.
    pub(super) portion: Option<Portion>,
    pub(super) charge: Charge,
    /// Whether the store is to be told.
    pub(super) owes: bool,
}

/// What becomes of a key.
pub(super) struct Step {
    /// `None`: nothing is taken of it any more.
    change: Option<<Policy as Algorithm>::Change>,
    granted: i128,
}

impl StandIn {
    fn step(&self, op: Op, units: u64, outcome: &Outcome) -> i128 {
        let granted = match op {
            Op::Decide if outcome.allowed => units.into(),
            Op::Charge => units.into(),
            Op::Take => outcome.granted.into(),
            Op::Refund => -i128::from(units),
            Op::Decide | Op::Raise => 0,
        };
        if self.owes { granted } else { 0 }
    }
}

impl Algorithm for StandIn {
    type State = Warm;
    type Change = Step;

    fn plan(
        &self,
        warm: &Warm,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<Step>) {
        let plan = |state: &PolicyState| self.policy.plan(state, now, op, units, class);
        let (outcome, change) = match &warm.local {
            Some(local) => plan(&local.state),
            None => plan(&warm.begin(&self.policy, self.portion)),
        };
        let granted = self.step(op, units, &outcome);
        let change = match change {
            // What the store said is not forgotten with it.
            Change::Forget => Change::Commit(Step { change: None, granted }),
            change => change.map(|change| Step { change: Some(change), granted }),
        };
        (outcome, change)
    }

    fn commit(&self, warm: &mut Warm, step: Step) {
        let state = match warm.local {
            Some(_) => PolicyState::default(),
            None => warm.begin(&self.policy, self.portion),
        };
        warm.owner.get_or_insert_with(|| self.charge.clone());
        let portion = self.portion;
        let begun = || Box::new(Local { state, portion, granted: 0 });
        let local = warm.local.get_or_insert_with(begun);
        match step.change {
            Some(change) => self.policy.commit(&mut local.state, change),
            None => local.state = PolicyState::default(),
        }
        let granted = (i128::from(local.granted) + step.granted).max(0);
        local.granted = u64::try_from(granted).unwrap_or(u64::MAX);
    }
}
