//! One limit by itself: the usual case, and the one whose script does nothing that it need not do.

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome};
use palisade_core::store::StoreError;

use super::Scripted;
use super::part::{Part, Verdict, number_of};
use crate::script::{Integers, Sent};

impl Scripted {
    /// Executes `op` on a limit that [is alone](Part::is_alone).
    pub(super) async fn one(
        &self,
        op: Op,
        part: &Part<'_>,
    ) -> Result<(Outcome, Micros), StoreError> {
        let Some(twin) = &part.twin else {
            return Err(StoreError::Rejected("a limit without a twin has no script".into()));
        };
        let script = self.scripts.one(twin);
        let keys = [part.place.key.as_str()].into_iter();
        let mut sent = Sent::new(&script, keys, 3 + twin.numbers.len());
        sent.number(self.virtual_now());
        sent.number(number_of(op));
        sent.number(part.units);
        for number in &twin.numbers {
            sent.number(*number);
        }
        let mut answer = Integers::new(sent.over(&self.link).await?)?;
        let now = Micros(answer.natural()?);
        let verdict = Verdict::read(answer.next()?, &mut answer)?;
        Ok((verdict.outcome(op, part.units, true), now))
    }
}
