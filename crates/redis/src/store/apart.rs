//! Limits of different subjects in a cluster: no node has all of them.

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome};
use palisade_core::store::StoreError;

use super::RedisStore;
use super::part::Part;

/// The limits of one subject, by their places in the call.
type Group = Vec<usize>;

/// What was decided so far, of each limit.
struct Progress<'a, 'c> {
    parts: &'a mut [Part<'c>],
    outcomes: Vec<Outcome>,
    now: Micros,
}

impl RedisStore {
    /// Executes `op` on one subject's limits after the other's, in the order of the call.
    pub(super) async fn apart(
        &self,
        op: Op,
        parts: &mut [Part<'_>],
    ) -> Result<(Vec<Outcome>, Micros), StoreError> {
        let groups = grouped(parts);
        let outcomes = vec![Outcome::UNLIMITED; parts.len()];
        let mut progress = Progress { parts, outcomes, now: Micros::ZERO };
        for (at, group) in groups.iter().enumerate() {
            let before = groups.get(..at).unwrap_or_default();
            if let Err(error) = self.ask(op, group, &mut progress).await {
                return Err(self.undone(op, before, &mut progress, error).await);
            }
            match op {
                Op::Decide if !progress.allows(group) => {
                    let after = groups.get(at + 1..).unwrap_or_default();
                    self.give_back(before, &mut progress).await?;
                    for group in after {
                        progress.set_units(group, |_| 0);
                        self.ask(op, group, &mut progress).await?;
                    }
                    break;
                }
                // Those that come later take no more than those before them.
                Op::Take => {
                    let most = progress.granted(group);
                    for group in &groups {
                        progress.set_units(group, |units| units.min(most));
                    }
                }
                Op::Decide | Op::Charge | Op::Refund | Op::Raise => {}
            }
        }
        if op == Op::Take {
            self.even_out(&groups, &mut progress).await?;
        }
        Ok((progress.outcomes, progress.now))
    }

    async fn ask(
        &self,
        op: Op,
        group: &Group,
        progress: &mut Progress<'_, '_>,
    ) -> Result<(), StoreError> {
        let parts: Vec<_> = group.iter().filter_map(|at| progress.parts.get(*at)).collect();
        let (outcomes, now) = self.together(op, &parts).await?;
        progress.now = now;
        for (at, outcome) in group.iter().zip(outcomes) {
            if let Some(place) = progress.outcomes.get_mut(*at) {
                *place = outcome;
            }
        }
        Ok(())
    }

    /// Gives back what the limits of these groups have been charged, and has them report what is left then.
    async fn give_back(
        &self,
        groups: &[Group],
        progress: &mut Progress<'_, '_>,
    ) -> Result<(), StoreError> {
        for group in groups {
            self.ask(Op::Refund, group, progress).await.map_err(halfway)?;
            progress.set_granted(group, 0);
        }
        Ok(())
    }

    /// Has all groups take as many as the last one did, which took fewest.
    async fn even_out(
        &self,
        groups: &[Group],
        progress: &mut Progress<'_, '_>,
    ) -> Result<(), StoreError> {
        let fewest = groups.last().map_or(0, |group| progress.granted(group));
        for group in groups {
            let surplus = progress.granted(group).saturating_sub(fewest);
            if surplus > 0 {
                progress.set_units(group, |_| surplus);
                self.ask(Op::Refund, group, progress).await.map_err(halfway)?;
                progress.set_granted(group, fewest);
            }
        }
        Ok(())
    }

    /// What to say when a group cannot be asked and those before it have been charged.
    async fn undone(
        &self,
        op: Op,
        before: &[Group],
        progress: &mut Progress<'_, '_>,
        error: StoreError,
    ) -> StoreError {
        if before.is_empty() {
            return error;
        }
        match op {
            Op::Decide => self.give_back(before, progress).await.err().unwrap_or(error),
            Op::Take => {
                for group in before {
                    let granted = progress.granted(group);
                    progress.set_units(group, |_| granted);
                }
                self.give_back(before, progress).await.err().unwrap_or(error)
            }
            Op::Charge | Op::Refund | Op::Raise => halfway(error),
        }
    }
}

/// The places of the limits of each subject, in the order in which the subjects come.
fn grouped(parts: &[Part<'_>]) -> Vec<Group> {
    let mut groups: Vec<(&str, Group)> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let subject = &*part.charge.subject;
        match groups.iter_mut().find(|(known, _)| *known == subject) {
            Some((_, group)) => group.push(at),
            None => groups.push((subject, vec![at])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Some of the limits are charged, and it cannot be said that none is.
fn halfway(error: StoreError) -> StoreError {
    match error {
        StoreError::NotSent(cause) | StoreError::Rejected(cause) => {
            let message = format!("the limits of another subject are charged already: {cause}");
            StoreError::Unknown(message.into())
        }
        unknown => unknown,
    }
}

impl Progress<'_, '_> {
    fn allows(&self, group: &Group) -> bool {
        group.iter().filter_map(|at| self.outcomes.get(*at)).all(|outcome| outcome.allowed)
    }

    /// How many units each of the group's limits took.
    fn granted(&self, group: &Group) -> u64 {
        let outcomes = group.iter().filter_map(|at| self.outcomes.get(*at));
        outcomes.map(|outcome| outcome.granted).min().unwrap_or(0)
    }

    fn set_granted(&mut self, group: &Group, granted: u64) {
        for at in group {
            if let Some(outcome) = self.outcomes.get_mut(*at) {
                outcome.granted = granted;
            }
        }
    }

    fn set_units(&mut self, group: &Group, units: impl Fn(u64) -> u64) {
        for at in group {
            if let Some(part) = self.parts.get_mut(*at) {
                part.units = units(part.units);
            }
        }
    }
}
