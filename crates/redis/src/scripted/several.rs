//! Several limits as one decision, on one server.

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome};
use palisade_core::store::StoreError;

use super::Scripted;
use super::compare::Planned;
use super::part::{Part, Verdict, number_of};
use crate::script::{Integers, Sent};

/// What became of a call.
pub(super) enum Decided {
    Done(Vec<Outcome>, Micros),
    /// A state that was read before has changed since; or, of a take, another limit had only so much.
    Conflict(Option<u64>),
}

impl Scripted {
    /// Executes `op` on all of `parts`, if need be in several attempts.
    pub(super) async fn together(
        &self,
        op: Op,
        parts: &[&Part<'_>],
    ) -> Result<(Vec<Outcome>, Micros), StoreError> {
        if parts.iter().any(|part| part.twin.is_none()) {
            return Box::pin(self.compare(op, parts)).await;
        }
        match self.several(op, parts, &[]).await? {
            Decided::Done(outcomes, now) => Ok((outcomes, now)),
            Decided::Conflict(_) => Err(StoreError::Rejected(
                "a twin has answered neither that the call is allowed nor that it is not".into(),
            )),
        }
    }

    /// One attempt. `planned` has what is to become of each limit without a twin, in their order.
    pub(super) async fn several(
        &self,
        op: Op,
        parts: &[&Part<'_>],
        planned: &[Planned],
    ) -> Result<Decided, StoreError> {
        let (script, twins) = self.scripts.several(parts.iter().map(|part| part.twin.as_ref()));
        let keys = parts.iter().map(|part| part.place.key.as_str());
        let mut sent = Sent::new(&script, keys, 2 + 8 * parts.len());
        sent.number(self.virtual_now());
        sent.number(number_of(op));
        let mut plans = planned.iter();
        for (part, twin) in parts.iter().zip(twins) {
            sent.number(twin);
            let numbers = part.twin.as_ref().map_or(Planned::NUMBERS, |twin| twin.numbers.len());
            sent.number(numbers);
            sent.bytes(part.field().as_bytes());
            sent.number(part.units);
            match (&part.twin, plans.as_slice()) {
                (Some(twin), _) => twin.numbers.iter().for_each(|number| sent.number(*number)),
                (None, [plan, ..]) => {
                    plan.tell(&mut sent);
                    plans.next();
                }
                (None, []) => {}
            }
        }

        let mut answer = Integers::new(sent.over(&self.link).await?)?;
        let now = Micros(answer.natural()?);
        let mut verdicts = Vec::with_capacity(parts.len());
        for _ in parts {
            let first = answer.next()?;
            if first < 0 {
                return Ok(Decided::Conflict(u64::try_from(answer.next()?).ok()));
            }
            verdicts.push(Verdict::read(first, &mut answer)?);
        }
        let agreed = verdicts.iter().all(Verdict::is_allowed);
        let mut plans = planned.iter();
        let outcomes = parts.iter().zip(verdicts).map(|(part, verdict)| match &part.twin {
            None => plans.next().map_or(Outcome::UNLIMITED, |plan| plan.outcome(agreed)),
            Some(_) => verdict.outcome(op, part.units, agreed),
        });
        Ok(Decided::Done(outcomes.collect(), now))
    }
}
