//! Algorithms without a twin: their states are read, planned with here, and swapped if nobody was faster.
//!
//! The limits of the call that have a twin are decided by the script that swaps, so that all are charged or none.

use palisade_core::Micros;
use palisade_core::algorithm::{Change, Op, Outcome};
use palisade_core::store::StoreError;
use redis::Value;

use super::RedisStore;
use super::part::Part;
use super::several::Decided;
use crate::script::{Integers, Sent, malformed};

/// How often a call is tried.
const ATTEMPTS: usize = 5;

/// No state is kept for longer, in milliseconds: 100 years. Redis refuses what does not fit into its clock.
const LONGEST: u64 = 100 * 365 * 86_400_000;

/// What is to become of a limit's state if it is still as it was read.
pub(super) struct Planned {
    seen: Option<Vec<u8>>,
    outcome: Outcome,
    /// What it reports if another limit of the call refuses.
    uncharged: Outcome,
    change: Change<(Vec<u8>, u64)>,
}

impl RedisStore {
    /// Executes `op` on all of `parts`, some of which have no twin.
    pub(super) async fn compare(
        &self,
        op: Op,
        parts: &[&Part<'_>],
    ) -> Result<(Vec<Outcome>, Micros), StoreError> {
        let mut most = u64::MAX;
        for _ in 0..ATTEMPTS {
            let planned = self.plan(op, parts, most).await?;
            match self.several(op, parts, &planned).await? {
                Decided::Done(outcomes, now) => return Ok((outcomes, now)),
                Decided::Conflict(fewest) => most = fewest.unwrap_or(u64::MAX),
            }
        }
        let names = parts.iter().filter(|part| part.twin.is_none());
        let names: Vec<_> = names.map(|part| part.charge.policy.name().as_str()).collect();
        let message = format!(
            "others changed the states of {names:?} in each of {ATTEMPTS} attempts: \
             so busy a limit wants an algorithm with a `twin`"
        );
        Err(StoreError::Rejected(message.into()))
    }

    /// Reads the states of the limits without a twin, and plans. All take as many as the one that has fewest, and
    /// no more than `most`.
    async fn plan(
        &self,
        op: Op,
        parts: &[&Part<'_>],
        most: u64,
    ) -> Result<Vec<Planned>, StoreError> {
        let ours: Vec<_> = parts.iter().filter(|part| part.twin.is_none()).collect();
        let keys = ours.iter().map(|part| part.place.key.as_str());
        let mut sent = Sent::new(&self.scripts.read, keys, 1 + ours.len());
        sent.number(self.virtual_now());
        for part in &ours {
            sent.bytes(part.field().as_bytes());
        }
        let mut answer = Integers::new(sent.over(&self.link).await?)?;
        let now = Micros(answer.natural()?);

        let mut states = answer.rest();
        let mut planned = Vec::with_capacity(ours.len());
        for part in &ours {
            let seen = match states.next() {
                Some(Value::BulkString(bytes)) => Some(bytes),
                Some(Value::Nil) => None,
                other => return Err(malformed(&other.unwrap_or(Value::Nil))),
            };
            planned.push(Planned::new(op, part, part.units, seen, now)?);
        }
        if op != Op::Take {
            return Ok(planned);
        }
        let granted = planned.iter().map(|plan| plan.outcome.granted);
        let fewest = granted.min().unwrap_or(most).min(most);
        let plan_again = |(part, plan): (&&&Part<'_>, Planned)| match plan.outcome.granted {
            granted if granted == fewest => Ok(plan),
            _ => Planned::new(op, part, fewest, plan.seen, now),
        };
        ours.iter().zip(planned).map(plan_again).collect()
    }
}

// ===== impl Planned =====

impl Planned {
    /// How many arguments it is told in.
    pub(super) const NUMBERS: usize = 7;

    fn new(
        op: Op,
        part: &Part<'_>,
        units: u64,
        seen: Option<Vec<u8>>,
        now: Micros,
    ) -> Result<Self, StoreError> {
        let policy = &part.charge.policy;
        let plan = |units| {
            policy.plan_bytes(seen.as_deref(), now, op, units, part.charge.class).ok_or_else(|| {
                let message = format!(
                    "the algorithm of limit {:?} cannot be kept in redis: implement its `twin`, \
                     or its state's `to_bytes` and `from_bytes`",
                    policy.name().as_str()
                );
                StoreError::Rejected(message.into())
            })
        };
        let (outcome, change) = plan(units)?;
        let uncharged = plan(0)?.0;
        let change = change.map(|kept| {
            let span = kept.until.since(now).0.div_ceil(1_000);
            (kept.bytes, span.min(LONGEST))
        });
        Ok(Self { seen, outcome, uncharged, change })
    }

    /// Tells the script.
    pub(super) fn tell(&self, to: &mut Sent<'_>) {
        to.number(u8::from(self.seen.is_some()));
        to.bytes(self.seen.as_deref().unwrap_or_default());
        to.number(u8::from(self.outcome.allowed));
        to.number(self.outcome.granted);
        let (fate, bytes, keep): (u8, &[u8], u64) = match &self.change {
            Change::Keep => (0, &[], 0),
            Change::Commit((bytes, keep)) => (1, bytes, *keep),
            Change::Repair((bytes, keep)) => (2, bytes, *keep),
            Change::Forget => (3, &[], 0),
        };
        to.number(fate);
        to.bytes(bytes);
        to.number(keep);
    }

    /// What came of it, if all limits of the call agreed or not.
    pub(super) const fn outcome(&self, agreed: bool) -> Outcome {
        if agreed || !self.outcome.allowed { self.outcome } else { self.uncharged }
    }
}
