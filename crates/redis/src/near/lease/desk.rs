//! What is at hand of one limit of one subject.
//!
//! ```text
//!  ask ─ enough at hand ────────────────────▶ pass
//!   │  ─ a take has just come back short ───▶ refuse, for the cool-down
//!   │  ─ a take is under way ───────────────▶ wait for it
//!   │  ─ spent 4 or more lately ────────────▶ take half of it ahead, and wait
//!   └─ else ────────────────────────────────▶ ask the store
//! ```

use std::sync::Arc;

use palisade_core::Micros;
use palisade_core::keyed::Resident;
use palisade_core::store::{Answer, Charge};
use parking_lot::Mutex;

use super::failure::Failure;
use super::flight::Flight;
use super::hand::Hand;
use super::heard::Heard;
use super::spent::Spent;
use super::terms::Terms;

/// A take on its way: what it brings is at the desk when it ends.
pub(super) type Take = Flight<Result<(), Failure>>;

/// For how long a take is waited for at most: an instance must not wait for ever for what it may have lost.
const LONGEST: Micros = Micros(1_000_000);

/// What is at hand of one limit of one subject.
pub(super) struct Desk {
    terms: Terms,
    /// Whether many limits share it, as there is no room for more. Then nothing is kept here.
    is_shared: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    spent: Spent,
    hand: Option<Box<Hand>>,
    take: Option<(Arc<Take>, Micros)>,
    /// What is to be given back: a hand for each policy.
    owed: Vec<Hand>,
    since: Changes,
}

/// How often the limit was made easier, or forgotten: a take that began before is of an older time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    eased: u64,
    forgotten: u64,
}

/// What a call is to do.
pub(super) enum Step {
    Told(Answer),
    Wait(Arc<Take>),
    Ask,
}

/// What a desk has to be looked after for.
#[derive(Default)]
pub(super) struct Due {
    /// Units to be given back.
    pub(super) owed: Vec<Charge>,
    /// Takes that nobody waits for.
    pub(super) takes: Vec<Arc<Take>>,
    /// Takes that took too long.
    pub(super) lost: Vec<Arc<Take>>,
}

/// At most so many refunds wait at a desk, one for each policy; what is beyond lapses.
const MOST_OWED: usize = 4;

impl Desk {
    pub(super) fn new(terms: Terms, is_shared: bool) -> Self {
        Self { terms, is_shared, state: Mutex::default() }
    }

    /// What a call for the charge is to do; one without `take` waits no more. That makes a take of so many
    /// units, which is not sent before somebody waits for it.
    pub(super) fn ask(
        &self,
        charge: &Charge,
        now: Micros,
        take: Option<impl FnOnce(u64, Changes) -> Arc<Take>>,
    ) -> Step {
        if self.is_shared {
            return Step::Ask;
        }
        let Terms { ttl, most, .. } = self.terms;
        let mut state = self.state.lock();
        let state = &mut *state;
        if state.hand.as_ref().is_some_and(|hand| !hand.is_of(&charge.policy)) {
            state.lay_down(now);
        }
        if let Some(hand) = &mut state.hand {
            if let Some(answer) = hand.pass(charge.units, now) {
                state.spent.add(charge.units, now, ttl);
                return Step::Told(answer);
            }
            if now < hand.away {
                return hand.refuse(charge.units, now).map_or(Step::Ask, Step::Told);
            }
        }
        let Some(fly) = take else { return Step::Ask };
        if let Some((take, since)) = &state.take {
            // Whatever keeps it, the others need not wait as long.
            return if now.since(*since) < ttl { Step::Wait(Arc::clone(take)) } else { Step::Ask };
        }
        let units = (state.spent.recent(now, ttl) / 2).min(most);
        if units <= charge.units {
            return Step::Ask;
        }
        let take = fly(units, state.since);
        state.take = Some((Arc::clone(&take), now));
        Step::Wait(take)
    }

    /// Counts what the store has granted to a call here.
    pub(super) fn spend(&self, units: u64, now: Micros) {
        if !self.is_shared {
            self.state.lock().spent.add(units, now, self.terms.ttl);
        }
    }

    /// A take of `units` that was sent at `sent` is back.
    pub(super) fn settle(
        &self,
        charge: &Charge,
        answer: Option<&Answer>,
        sent: Micros,
        now: Micros,
        since: Changes,
    ) {
        let heard = answer.and_then(|answer| Heard::of(charge, answer, sent));
        let mut state = self.state.lock();
        state.take = None;
        let Some(heard) = heard else { return };
        if since.forgotten != state.since.forgotten {
            // Its charge may have been forgotten, too.
            return;
        }
        let granted = heard.granted().min(charge.units);
        let away = if granted == charge.units || since != state.since {
            Micros::ZERO
        } else if heard.source.is_degraded() {
            now + self.terms.cool_down
        } else {
            heard.away(self.terms.cool_down, now)
        };
        state.expire(now);
        let until = sent + self.terms.ttl;
        let hand = Hand { heard, left: granted, sure: granted, until, away };
        let hand = match state.hand.take() {
            Some(before) if before.is_of(&charge.policy) => hand.with(&before, now),
            before => {
                state.hand = before;
                state.lay_down(now);
                hand
            }
        };
        state.hand = Some(Box::new(hand));
        state.expire(now);
    }

    /// A take was lost: nobody will settle it.
    pub(super) fn abandon(&self, lost: &Arc<Take>) {
        let mut state = self.state.lock();
        if state.take.as_ref().is_some_and(|(take, _)| Arc::ptr_eq(take, lost)) {
            state.take = None;
        }
    }

    /// Units came back to the limit: it is worth asking for more.
    pub(super) fn ease(&self) {
        let mut state = self.state.lock();
        state.since.eased += 1;
        if let Some(hand) = &mut state.hand {
            hand.away = Micros::ZERO;
        }
    }

    /// The store has forgotten what was taken, and what is at hand with it.
    pub(super) fn forget(&self) {
        let mut state = self.state.lock();
        state.since.forgotten += 1;
        state.hand = None;
        state.owed.clear();
    }

    /// What has to be looked after; or, if `all`, whatever is at hand.
    pub(super) fn collect(&self, due: &mut Due, now: Micros, all: bool) {
        let mut state = self.state.lock();
        match all {
            true => state.lay_down(now),
            false => state.expire(now),
        }
        due.owed.extend(state.owed.drain(..).filter_map(|hand| hand.owed(now)));
        let Some((take, since)) = &state.take else { return };
        if now.since(*since) >= LONGEST {
            due.lost.extend(state.take.take().map(|(take, _)| take));
        } else if take.is_alone() {
            due.takes.push(Arc::clone(take));
        }
    }

    /// When it has to be looked after next; `None` if nothing is at hand.
    pub(super) fn next(&self, now: Micros) -> Option<Micros> {
        let state = self.state.lock();
        let hand = state.hand.as_deref().and_then(Hand::ends);
        let take = state.take.as_ref().map(|_| now + self.terms.ttl);
        let owed = (!state.owed.is_empty()).then_some(now);
        [hand, take, owed].into_iter().flatten().min()
    }
}

impl State {
    /// Lays down what must not be spent any longer. That there was no more to be had is worth knowing for
    /// longer.
    fn expire(&mut self, now: Micros) {
        let is_over =
            |hand: &mut Box<Hand>| now >= hand.until && (hand.left > 0 || now >= hand.away);
        if let Some(hand) = self.hand.take_if(is_over) {
            if now < hand.away {
                self.hand = Some(Box::new(Hand { left: 0, sure: 0, ..Hand::clone(&hand) }));
            }
            self.owe(*hand, now);
        }
    }

    fn lay_down(&mut self, now: Micros) {
        if let Some(hand) = self.hand.take() {
            self.owe(*hand, now);
        }
    }

    fn owe(&mut self, hand: Hand, now: Micros) {
        if hand.left == 0 {
            return;
        }
        match self.owed.iter().position(|owed| owed.is_of(&hand.heard.charge.policy)) {
            Some(at) => {
                let before = self.owed.swap_remove(at);
                self.owed.push(hand.with(&before, now));
            }
            None if self.owed.len() < MOST_OWED => self.owed.push(hand),
            None => {}
        }
    }
}

impl Resident for Desk {
    fn inert_at(&self) -> Micros {
        let state = self.state.lock();
        let hand = state.hand.as_deref();
        if hand.and_then(Hand::ends).is_some() || state.take.is_some() || !state.owed.is_empty() {
            return Micros::MAX;
        }
        let away = hand.map_or(Micros::ZERO, |hand| hand.away);
        state.spent.inert_at(self.terms.ttl).max(away)
    }
}
