//! What is decided out of units at hand, and what else goes to the store.

use std::sync::Arc;

use palisade_core::algorithm::{Algorithm as _, Op, Portion};
use palisade_core::store::{Answer, Charge, Store, StoreError};

use super::Leases;
use super::desk::{Changes, Desk, Step, Take};
use super::desks::Desks;
use super::failure::Failure;
use super::flight::Flight;

/// For how many takes a call waits before it asks by itself.
const PATIENCE: usize = 2;

/// Does something to desks when it is dropped: whether the store answered or nobody waited for it, it may
/// have done what it was asked.
struct Afterwards {
    desks: Vec<Arc<Desk>>,
    what: fn(&Desk),
}

impl<S: Store> Leases<S> {
    async fn decide(&self, desks: &Arc<Desks>, charge: Charge) -> Result<Answer, StoreError> {
        let desk = desks.of(&charge, desks.clock.now());
        if let Some(answer) = self.decide_here(desks, &desk, &charge).await? {
            return Ok(answer);
        }
        let units = charge.units;
        let answer = self.store.execute(Op::Decide, vec![charge]).await?;
        if answer.allowed() {
            desk.spend(units, desks.clock.now());
        }
        Ok(answer)
    }

    /// Decides out of what is at hand, or will be.
    async fn decide_here(
        &self,
        desks: &Arc<Desks>,
        desk: &Arc<Desk>,
        charge: &Charge,
    ) -> Result<Option<Answer>, StoreError> {
        for round in 0..=PATIENCE {
            let fly =
                |units, since| self.take(desks, desk, Charge { units, ..charge.clone() }, since);
            let take = match desk.ask(charge, desks.clock.now(), (round < PATIENCE).then_some(fly))
            {
                Step::Told(answer) => return Ok(Some(answer)),
                Step::Ask => break,
                Step::Wait(take) => take,
            };
            desks.tend(&self.store);
            match take.wait().await {
                Some(taken) => taken?,
                None => {
                    desk.abandon(&take);
                    return Err(Failure::lost().into());
                }
            }
        }
        Ok(None)
    }

    fn take(&self, desks: &Desks, desk: &Arc<Desk>, charge: Charge, since: Changes) -> Arc<Take> {
        let (store, clock, desk) =
            (Arc::clone(&self.store), desks.clock.clone(), Arc::downgrade(desk));
        Flight::new(async move {
            let sent = clock.now();
            let answer = store.execute(Op::Take, vec![charge.clone()]).await;
            if let Some(desk) = desk.upgrade() {
                desk.settle(&charge, answer.as_ref().ok(), sent, clock.now(), since);
            }
            answer.map(|_| ()).map_err(Failure::from)
        })
    }

    fn afterwards(&self, charges: &[Charge], what: fn(&Desk)) -> Afterwards {
        let of = |desks: &Arc<Desks>| {
            let now = desks.clock.now();
            charges.iter().map(|charge| desks.of(charge, now)).collect()
        };
        Afterwards { desks: self.desks.as_ref().map(of).unwrap_or_default(), what }
    }
}

impl<S: Store> Store for Leases<S> {
    async fn execute(&self, op: Op, mut charges: Vec<Charge>) -> Result<Answer, StoreError> {
        if op == Op::Decide
            && let Some(desks) = &self.desks
            && charges.len() == 1
            && let Some(charge) = charges.pop_if(|charge| {
                (1..=self.terms.most).contains(&charge.units)
                    && charge.class == 0
                    && !charge.policy.delays()
            })
        {
            return self.decide(desks, charge).await;
        }
        let eased = if op == Op::Refund { charges.as_slice() } else { &[] };
        let _eased = self.afterwards(eased, Desk::ease);
        self.store.execute(op, charges).await
    }

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        let _forgotten = self.afterwards(&charges, Desk::forget);
        self.store.reset(charges).await
    }

    async fn heartbeat(&self, instance: u64) -> Result<Option<Portion>, StoreError> {
        self.store.heartbeat(instance).await
    }
}

impl Drop for Afterwards {
    fn drop(&mut self) {
        self.desks.iter().for_each(|desk| (self.what)(desk));
    }
}
