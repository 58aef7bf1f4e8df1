//! The algorithms as they are, with nothing around them that forgets.
//!
//! Memory drops what is as good as new when it comes across it; after a step back of the clock, or under a longer
//! period, that would have counted again. Redis drops nothing before its time, and so does this.

use std::collections::HashMap;

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome};
use palisade_core::store::{Charge, Policy};

/// The states of all keys.
#[derive(Default)]
pub(crate) struct Model(HashMap<(String, String), <Policy as Algorithm>::State>);

impl Model {
    pub(crate) fn execute(&mut self, op: Op, charges: &[Charge], now: Micros) -> Vec<Outcome> {
        let mut plans: Vec<_> =
            charges.iter().map(|charge| self.plan(op, charge, charge.units, now)).collect();
        if op == Op::Take {
            let fewest = plans.iter().map(|(outcome, _)| outcome.granted).min().unwrap();
            for (plan, charge) in plans.iter_mut().zip(charges) {
                if plan.0.granted != fewest {
                    *plan = self.plan(op, charge, fewest, now);
                }
            }
        }
        let agreed = plans.iter().all(|(outcome, _)| outcome.allowed);
        let outcomes = plans.into_iter().zip(charges).map(|((outcome, change), charge)| {
            let state = self.0.entry(key(charge)).or_default();
            match change {
                Change::Repair(change) => charge.policy.commit(state, change),
                Change::Commit(change) if agreed => charge.policy.commit(state, change),
                Change::Forget if agreed => *state = Default::default(),
                Change::Keep | Change::Commit(_) | Change::Forget => {}
            }
            let is_uncharged = outcome.allowed && !agreed;
            if is_uncharged { self.plan(op, charge, 0, now).0 } else { outcome }
        });
        outcomes.collect()
    }

    pub(crate) fn reset(&mut self, charges: &[Charge]) {
        for charge in charges {
            self.0.remove(&key(charge));
        }
    }

    fn plan(
        &self,
        op: Op,
        charge: &Charge,
        units: u64,
        now: Micros,
    ) -> (Outcome, Change<<Policy as Algorithm>::Change>) {
        let fresh = Default::default();
        let state = self.0.get(&key(charge)).unwrap_or(&fresh);
        charge.policy.plan(state, now, op, units, charge.class)
    }
}

fn key(charge: &Charge) -> (String, String) {
    (charge.subject.to_string(), charge.policy.name().as_str().to_owned())
}
