//! What calls are charged once it is known what they cost.

use std::sync::Arc;

use palisade_core::Bill;
use palisade_core::algorithm::Op;
use palisade_core::bill::Billed;
use palisade_core::store::Charge;

use crate::engine::Engine;
use crate::engine::call::Call;
use crate::shared::Shared;
use crate::shared::remote::Remote;

/// The chargeable limits of one call.
struct Tab {
    shared: Arc<Shared>,
    call: Call,
    remote: Option<Remote>,
}

impl Shared {
    /// The bill of a call, if any of its limits keeps one.
    pub(crate) fn bill(self: &Arc<Self>, call: &Call, remote: Option<&Remote>) -> Option<Bill> {
        let Engine::Several(several) = &self.engine else { return None };
        if !several.chargeable {
            return None;
        }
        let book = several.book();
        let is_chargeable =
            |limit: u8| book.limits().get(usize::from(limit)).is_some_and(|ruled| ruled.chargeable);
        let chosen = call.parts.iter().enumerate().filter(|(_, part)| is_chargeable(part.limit));
        let (mut parts, mut charges) = (smallvec::SmallVec::new(), Vec::new());
        for (at, part) in chosen {
            parts.push(*part);
            charges.extend(remote.and_then(|remote| remote.charges.get(at)).cloned());
        }
        if parts.is_empty() {
            return None;
        }
        let remote = remote.map(|remote| Remote { store: remote.store.clone(), charges });
        let call = Call { parts, class: call.class };
        Some(Bill::new(Tab { shared: Arc::clone(self), call, remote }))
    }
}

impl Tab {
    fn settle(&self, op: Op, units: u64) {
        match &self.remote {
            Some(remote) => {
                let charge = |charge: &Charge| Charge { units, ..charge.clone() };
                remote.send(op, remote.charges.iter().map(charge).collect(), &self.shared);
            }
            None => {
                let mut call = self.call.clone();
                call.parts.iter_mut().for_each(|part| part.units = units);
                self.shared.execute(&call, op);
            }
        }
    }
}

impl Billed for Tab {
    fn charge(&self, units: u64) {
        self.settle(Op::Charge, units);
    }

    fn refund(&self, units: u64) {
        self.settle(Op::Refund, units);
    }
}
