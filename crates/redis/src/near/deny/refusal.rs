//! One refusal, and what it answers.

use palisade_core::Micros;
use palisade_core::algorithm::Outcome;
use palisade_core::store::{Answer, Charge, Policy, Source};

use crate::near::later::later;

/// For how long a refusal is remembered at most: limits may be changed elsewhere, and units given back.
const LONGEST: Micros = Micros(1_000_000);

/// Of how many limits at once a refusal is remembered at most: what bounds its size.
pub(super) const MOST_LIMITS: usize = 8;

/// A refusal that the store would repeat.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The fingerprint of the limits.
    pub(super) set: u64,
    /// Until when it would, by the clock here.
    pub(super) until: Micros,
    /// What the counts of these limits stood at.
    mark: u64,
    /// When it was asked for, by the clock here.
    since: Micros,
    limits: Vec<Asked>,
    outcomes: Vec<Outcome>,
    /// The store's time.
    now: Micros,
}

/// What was asked of a limit.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    policy: Policy,
    units: u64,
}

impl Asked {
    pub(super) fn all(charges: &[Charge]) -> Vec<Self> {
        charges
            .iter()
            .map(|Charge { policy, units, .. }| Self { policy: policy.clone(), units: *units })
            .collect()
    }
}

impl Refusal {
    /// What there is to remember of an answer, if anything.
    ///
    /// Time counts from before the store was asked, and so the refusal ends here before it does there. Of
    /// several limits that refuse, the first to let go ends it, since its outcome is not known any longer.
    pub(super) fn of(
        answer: &Answer,
        limits: Vec<Asked>,
        set: u64,
        mark: u64,
        since: Micros,
    ) -> Option<Self> {
        let Answer { ref outcomes, now, source } = *answer;
        if source != Source::Store || outcomes.len() != limits.len() {
            return None;
        }
        let refused = outcomes.iter().filter(|outcome| !outcome.allowed);
        let wait = refused.map(|outcome| outcome.retry.wait().unwrap_or(LONGEST)).min()?;
        let until = since + wait.min(LONGEST);
        Some(Self { set, until, mark, since, limits, outcomes: outcomes.clone(), now })
    }

    pub(super) fn is_valid(&self, now: Micros) -> bool {
        (self.since..self.until).contains(&now)
    }

    /// Whether a call for these charges is refused alike: as much or more of what refuses, and as much
    /// of the rest, whose outcomes would else be made up.
    pub(super) fn covers(&self, charges: &[Charge], mark: u64) -> bool {
        let alike = |((asked, outcome), charge): ((&Asked, &Outcome), &Charge)| {
            let enough = match outcome.allowed {
                true => charge.units == asked.units,
                false => charge.units >= asked.units,
            };
            enough && asked.policy.is_same(&charge.policy)
        };
        self.mark == mark
            && self.limits.len() == charges.len()
            && self.limits.iter().zip(&self.outcomes).zip(charges).all(alike)
    }

    /// The answer as the store would give it at `now`.
    pub(super) fn answer(&self, now: Micros) -> Answer {
        let span = now.since(self.since);
        let outcomes = self.outcomes.iter().map(|outcome| later(outcome, span)).collect();
        Answer { outcomes, now: self.now + span, source: Source::Cache }
    }
}
