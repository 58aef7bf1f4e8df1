//! Telling the store, when it is back, what was decided without it.
//!
//! First what is known of a key is restored ([`Op::Raise`], which a store that has lost nothing does not
//! notice), then what is still outstanding of the local decisions is charged. Whatever ends a merge, nothing
//! is charged twice: what was sent and not answered counts as charged.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Op, Portion};
use palisade_core::store::{Charge, Outage, Place, Store, StoreError};
use palisade_core::telemetry::Meter;

use super::used::{begun, taken};
use super::warm::{Telling, Warm};
use super::{Memory, local};
use crate::ask::boxed;
use crate::counters::{RESYNC_LOST, RESYNCED};

/// More than any limit has.
const ALL: u64 = u32::MAX as u64;

/// What the store is to be told of some keys. Dropped, it is as if it had not begun, or as if it was done,
/// whichever is stricter.
pub(crate) struct Merge<'m> {
    memory: &'m Memory,
    meter: &'m Meter,
    outage: u32,
    portion: Option<Portion>,
    now: Micros,
    due: Vec<Due>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No charge was sent.
    Open,
    Charging,
    Done,
}

struct Due {
    charge: Charge,
    key: u64,
    raise: u64,
    owed: u64,
    /// What it was told before.
    told: u32,
}

impl Memory {
    /// Keys that the store has to be told of, so many at most.
    pub(crate) fn owing(&self, outage: u32, most: usize) -> Vec<Charge> {
        let mut owing = Vec::new();
        self.table.each(|warm, place| {
            if owing.len() < most && place == Place::Own && warm.is_due(outage) {
                owing.extend(warm.owner.clone());
            }
        });
        owing
    }

    /// Takes it on to tell the store of these keys what it has to know after the outage of this number, at
    /// `now` by its clock; `None` if somebody else is telling it of one of them.
    pub(crate) fn begin<'m>(
        &'m self,
        charges: &[Charge],
        outage: u32,
        portion: Option<Portion>,
        now: Micros,
        meter: &'m Meter,
    ) -> Option<Merge<'m>> {
        let (due, stage) = (Vec::new(), Stage::Open);
        let mut merge = Merge { memory: self, meter, outage, portion, now, due, stage };
        for charge in charges {
            let key = self.place(charge);
            let begun = self.visit(key, now, |warm| merge.take(warm, charge, key));
            if begun == Some(false) {
                return None;
            }
        }
        Some(merge)
    }
}

impl Merge<'_> {
    /// `false` if somebody else is at it.
    fn take(&mut self, warm: &mut Warm, charge: &Charge, key: u64) -> bool {
        match warm.telling {
            Telling::Held => return false,
            Telling::Along => return true,
            Telling::Nobody if !warm.is_due(self.outage) => return true,
            Telling::Nobody => {}
        }
        let told = std::mem::replace(&mut warm.told, self.outage);
        let is_first = told != self.outage;
        let seen = warm.seen.filter(|_| is_first);
        let state = seen.and_then(|seen| charge.policy.seen(&seen.outcome, seen.at));
        let raise = state.map_or(0, |state| taken(&charge.policy, &state, self.now, ALL));
        let owed = warm.local.as_mut().map_or(0, |local_| {
            let granted = std::mem::take(&mut local_.granted);
            // The state was made with the numbers of one portion, and perhaps went on with those of another.
            let owed = |portion| {
                let (policy, ..) = local(&charge.policy, portion);
                begun(&policy, &local_.state, self.now, granted)
            };
            owed(local_.portion).max(owed(self.portion))
        });
        if raise == 0 && owed == 0 {
            return true;
        }
        // Others are not held up twice: what they do meanwhile is told with the next decision.
        let stands = matches!(charge.policy.outage(), Outage::Share | Outage::Local);
        warm.telling = if is_first && stands { Telling::Held } else { Telling::Along };
        self.due.push(Due { charge: charge.clone(), key, raise, owed, told });
        true
    }

    /// Tells the store, in two commands at most; whether there was anything to tell.
    pub(crate) async fn run(mut self, store: &impl Store) -> Result<bool, StoreError> {
        let raises = self.charges(|due| due.raise);
        if !raises.is_empty() {
            let answer = boxed(store.execute(Op::Raise, raises.clone())).await?;
            self.memory.hear(&raises, &answer, self.outage);
        }
        let charges = self.charges(|due| due.owed);
        if !charges.is_empty() {
            self.stage = Stage::Charging;
            match boxed(store.execute(Op::Charge, charges.clone())).await {
                Ok(answer) => self.memory.hear(&charges, &answer, self.outage),
                Err(error @ StoreError::Unknown(_)) => return Err(error),
                Err(error) => {
                    self.stage = Stage::Open;
                    return Err(error);
                }
            }
        }
        self.stage = Stage::Done;
        Ok(!self.due.is_empty())
    }

    fn charges(&self, units: impl Fn(&Due) -> u64) -> Vec<Charge> {
        let charges = self.due.iter().map(|due| Charge { units: units(due), ..due.charge.clone() });
        charges.filter(|charge| charge.units > 0).collect()
    }
}

impl Drop for Merge<'_> {
    fn drop(&mut self) {
        for due in &self.due {
            self.memory.visit(due.key, self.now, |warm| match self.stage {
                Stage::Open => {
                    warm.telling = Telling::Nobody;
                    warm.told = due.told;
                    if let Some(local) = &mut warm.local {
                        local.granted = local.granted.saturating_add(due.owed);
                    }
                }
                Stage::Charging | Stage::Done => warm.settle(),
            });
            match self.stage {
                Stage::Open => {}
                Stage::Charging => self.meter.add(RESYNC_LOST),
                Stage::Done => self.meter.add(RESYNCED),
            }
        }
    }
}
