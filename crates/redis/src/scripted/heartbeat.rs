//! Which instances there are.

use std::num::NonZeroU32;

use palisade_core::algorithm::Portion;
use palisade_core::store::StoreError;

use super::Scripted;
use crate::key;
use crate::script::{Integers, Sent};

/// For how long an instance counts that says nothing, in microseconds.
const TTL: u64 = 15_000_000;

impl Scripted {
    /// Says that `instance` lives; answers which of how many it is, in the order of their numbers.
    pub(super) async fn beat(&self, instance: u64) -> Result<Portion, StoreError> {
        let key = key::instances(&self.prefix);
        let mut sent = Sent::new(&self.scripts.heartbeat, [key.as_str()].into_iter(), 3);
        sent.number(self.virtual_now());
        // All of one length, so that their order as texts is their order.
        sent.bytes(format!("{instance:016x}").as_bytes());
        sent.number(TTL);
        let mut answer = Integers::new(sent.over(&self.link).await?)?;
        let (of, rank) = (answer.natural()?, answer.natural()?);
        let few = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Portion::new(few(rank), NonZeroU32::new(few(of)).unwrap_or(NonZeroU32::MIN)))
    }
}
