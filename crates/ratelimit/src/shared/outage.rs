//! What becomes of a call whose store does not decide.

use palisade_core::Reason;
use palisade_core::algorithm::Op;
use palisade_core::store::{Outage, Source};

use crate::engine::Engine;
use crate::engine::call::Call;
use crate::shared::Shared;
use crate::shared::verdict::Seen;
use crate::shared::why::Why;

impl Shared {
    /// What becomes of the limit at `limit`: what it says itself, or else the layer.
    pub(crate) fn outage_of(&self, limit: u8) -> Outage {
        let own = match &self.engine {
            Engine::Single(_) => None,
            Engine::Several(several) => several.book().outage(limit),
        };
        own.unwrap_or(self.fixed.outage)
    }

    /// Executes `op` in place of the store, as each limit of the call wants it, of which those are left
    /// that were decided on.
    ///
    /// How many instances there are is not known here: who is to keep a share keeps all.
    pub(crate) fn stand_in(&self, call: &mut Call, op: Op) -> Result<Seen, Why> {
        if !self.switch().enabled {
            return Ok(Seen::default());
        }
        let outage = |limit: u8| self.outage_of(limit);
        if let Some(part) = call.parts.iter().find(|part| outage(part.limit) == Outage::Deny) {
            let (name, reason) = (self.label(part.limit), Reason::StoreDown);
            return Err(Why { name, reason, wait: None, source: None });
        }
        call.parts.retain(|part| outage(part.limit) != Outage::Allow);
        if call.parts.is_empty() {
            return Ok(Seen { source: Some(Source::Open), ..Seen::default() });
        }
        let (outcomes, at) = self.execute(call, op);
        Ok(Seen { source: Some(Source::Local), ..Seen::new(outcomes, at) })
    }
}
