//! What the store said of a limit when units were taken ahead, and what follows from it later.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, Retry};
use palisade_core::store::{Answer, Charge, Policy, Source};

use crate::near::later::later;

/// For how long a refusal holds at most, as limits may be changed elsewhere.
const LONGEST: Micros = Micros(1_000_000);

/// How late a refund may be carried out and still be no more than an undoing: as long as a store is waited
/// for.
const LATE: Micros = Micros(50_000);

type Seen = <Policy as Algorithm>::State;

/// What the store said.
#[derive(Clone)]
pub(super) struct Heard {
    /// Which limit, and whose.
    pub(super) charge: Charge,
    pub(super) source: Source,
    outcome: Outcome,
    /// The limit's state, as far as the outcome tells; never less is taken of it.
    seen: Option<Seen>,
    /// The store's time.
    now: Micros,
    /// When it was asked, by the clock here.
    since: Micros,
}

impl Heard {
    /// `None` if the answer is of no limit.
    pub(super) fn of(charge: &Charge, answer: &Answer, since: Micros) -> Option<Self> {
        let outcome = *answer.outcomes.first()?;
        let seen = charge.policy.seen(&outcome, answer.now);
        let source = match answer.source {
            Source::Store => Source::Lease,
            other => other,
        };
        Some(Self { charge: charge.clone(), source, outcome, seen, now: answer.now, since })
    }

    pub(super) const fn granted(&self) -> u64 {
        self.outcome.granted
    }

    /// The store's time, as it is no earlier than.
    fn time(&self, now: Micros) -> Micros {
        self.now + now.since(self.since)
    }

    /// The answer to a call that spends `units`, of which `left` are left here.
    pub(super) fn pass(&self, units: u64, left: u64, now: Micros) -> Answer {
        let told = later(&self.outcome, now.since(self.since));
        let remaining = self.outcome.remaining().saturating_add(left);
        let outcome = Outcome::passed(units).with_remaining(remaining).with_reset(told.reset());
        Answer { outcomes: vec![outcome], now: self.time(now), source: self.source }
    }

    /// The answer to a call for `units`, of which fewer are left, and no more are asked for during
    /// `rest`; `None` if nobody here can tell when they would pass.
    pub(super) fn refuse(
        &self,
        units: u64,
        left: u64,
        rest: Micros,
        now: Micros,
    ) -> Option<Answer> {
        let planned = self.plan(self.seen.as_ref()?, Op::Decide, units, self.time(now)).0;
        let retry = match planned.retry {
            Retry::Never => Retry::Never,
            Retry::Now => Retry::After(rest),
            Retry::After(wait) => Retry::After(wait.max(rest)),
        };
        let outcome = Outcome::refused(retry).with_remaining(left).with_reset(planned.reset());
        Some(Answer { outcomes: vec![outcome], now: self.time(now), source: Source::Cache })
    }

    /// Until when nothing more is to be had, or worth asking for: until a unit would pass, and for the
    /// cool-down, but not for so long that more than half of what comes meanwhile might go to waste.
    pub(super) fn away(&self, cool_down: Micros, now: Micros) -> Micros {
        let retry = |seen| self.plan(seen, Op::Decide, 1, self.now).0.retry;
        let wait = self
            .seen
            .as_ref()
            .map_or(Micros::ZERO, |seen| retry(seen).wait().unwrap_or(LONGEST).min(LONGEST));
        let half = Micros(self.outcome.reset().0 / 2);
        (self.since + wait).max(now + cool_down.min(half))
    }

    /// How many of these units, which counted when this was heard, a refund can give back so that it does
    /// no more than to undo their taking: what has flowed off meanwhile is there already, and would be
    /// given twice.
    ///
    /// All that has flowed off is held against these units, since others may hold theirs to be what is left.
    /// And if others take more meanwhile, as many as there are, it must not be theirs that is given back:
    /// those of another window.
    pub(super) fn undo(&self, units: u64, now: Micros) -> u64 {
        let Some(seen) = &self.seen else { return 0 };
        let late = self.time(now) + LATE;
        let remaining = |at| self.plan(seen, Op::Decide, 0, at).0.remaining();
        let units = match remaining(late).saturating_sub(remaining(self.now)) {
            0 => units,
            // Rounded up.
            flowed => units.saturating_sub(flowed).saturating_sub(1),
        };
        let (mut safe, mut beyond) = (0, units.saturating_add(1));
        while beyond - safe > 1 {
            let units = safe + (beyond - safe) / 2;
            match self.is_undone(seen, units, late) {
                true => safe = units,
                false => beyond = units,
            }
        }
        safe
    }

    fn is_undone(&self, seen: &Seen, units: u64, late: Micros) -> bool {
        let others = self.plan(seen, Op::Take, units, late).0.granted;
        let at_once = self.after(seen, Op::Refund, units, self.now);
        let at_once = self.after(&at_once, Op::Charge, others, late);
        let then = self.after(seen, Op::Charge, others, late);
        let then = self.after(&then, Op::Refund, units, late);
        // A count that is of another window by now weighs less later on.
        let half = self.plan(seen, Op::Decide, 0, late).0.reset().0 / 2;
        [late, late + Micros(half)].into_iter().all(|at| {
            let remaining = |state| self.plan(state, Op::Decide, 0, at).0.remaining();
            remaining(&at_once) == remaining(&then)
        })
    }

    fn after(&self, seen: &Seen, op: Op, units: u64, at: Micros) -> Seen {
        let mut state = seen.clone();
        match self.plan(seen, op, units, at).1 {
            Change::Commit(change) | Change::Repair(change) => {
                self.charge.policy.commit(&mut state, change);
            }
            Change::Forget => state = Seen::default(),
            Change::Keep => {}
        }
        state
    }

    fn plan(
        &self,
        seen: &Seen,
        op: Op,
        units: u64,
        at: Micros,
    ) -> (Outcome, Change<<Policy as Algorithm>::Change>) {
        self.charge.policy.plan(seen, at, op, units, 0)
    }
}
