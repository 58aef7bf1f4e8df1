//! Forgetting what subjects have taken.

use palisade_core::store::{Charge, StoreError};
use redis::Cmd;

use super::Scripted;
use super::part::Part;
use crate::link::Failed;

impl Scripted {
    /// Forgets the states of `charges`, one after the other: in a cluster they are on different nodes.
    pub(super) async fn forget(&self, charges: &[Charge]) -> Result<(), StoreError> {
        for charge in charges {
            let place = Part::new(&self.prefix, charge)?.place;
            let mut command = Cmd::with_capacity(3, 128);
            match &place.field {
                Some(field) => command.arg("HDEL").arg(&place.key).arg(field),
                None => command.arg("UNLINK").arg(&place.key),
            };
            self.link.send(&command).await.map_err(Failed::told)?;
        }
        Ok(())
    }
}
