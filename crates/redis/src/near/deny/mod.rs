//! A store that does not ask twice what has just been refused.

mod known;
mod marks;
mod refusal;

use std::fmt;

use palisade_core::algorithm::{Op, Portion};
use palisade_core::key::Fingerprinter;
use palisade_core::store::{Answer, Charge, Store, StoreError};
use palisade_core::{Clock, Micros};

use self::known::Known;
use self::marks::Marks;
use self::refusal::{Asked, MOST_LIMITS, Refusal};
use super::print;

/// How many refusals are remembered unless set.
const MOST: usize = 8192;

/// A store that remembers what it has just refused.
///
/// Who is refused often asks again at once, and most of what a store is asked under an overload it
/// refuses. A refusal of some units, with a time after which they would pass, is the answer to all who
/// ask for as many or more of the same limit and subject until then, at most for a second:
/// [`Source::Cache`](palisade_core::store::Source). The wait and the reset are shortened by the time since, and the store's time goes on.
/// To who asks for more units than were refused, the wait is the least that it can be.
///
/// It is exact, except for what the store has been told by others: units that were given back, limits
/// that were forgotten, and policies that were changed elsewhere are seen a second later at most. What is
/// given back through this store is seen at once; if nobody waits for that answer, as soon as it would
/// have been given up. A policy with other numbers is another limit; one without a
/// [twin](palisade_core::algorithm::Algorithm::twin) is remembered only if calls share one policy.
///
/// Only decisions are answered, and no peeks. Of a limit of one's own it is expected that more units are
/// refused if fewer are.
///
/// # Several limits
///
/// What is remembered of a decision on several limits is the whole answer, for the same limits in the same
/// order: one refusal says nothing of the others' outcomes. Limits that did not refuse must be asked for
/// as many units again, and their outcomes are as old as the answer. It lasts until the first of those
/// that refused would let the call pass. More than eight limits at once are always asked for.
///
/// # Cost
///
/// Two hashes of each name and subject, a lock that few share, an allocation. 32 KiB, and of each refusal
/// some 300 bytes for one limit and 1.5 KiB for eight, of which 8192 are remembered unless
/// [set](Self::most); beyond, those are forgotten that would end first. There is no task.
///
/// ```
/// use palisade_core::algorithm::Op;
/// use palisade_core::store::{Charge, MemoryStore, Policy, Source, Store};
/// use palisade_core::{Name, per_minute};
/// use palisade_ratelimit::Gcra;
/// use palisade_redis::Refusals;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), palisade_core::store::StoreError> {
/// let store = Refusals::new(MemoryStore::new());
/// let once = || {
///     let policy = Policy::new(Name::new("login"), Gcra::new(per_minute(1)));
///     vec![Charge { subject: "alice".into(), policy, units: 1, class: 0, together: false }]
/// };
/// assert!(store.execute(Op::Decide, once()).await?.allowed());
/// assert_eq!(store.execute(Op::Decide, once()).await?.source, Source::Store);
/// assert_eq!(store.execute(Op::Decide, once()).await?.source, Source::Cache);
/// # Ok(())
/// # }
/// ```
pub struct Refusals<S> {
    store: S,
    known: Option<Known>,
    marks: Marks,
    clock: Clock,
    fingerprinter: Fingerprinter,
}

impl<S: Store> Refusals<S> {
    /// Remembers what `store` refuses.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store,
            known: Known::new(MOST),
            marks: Marks::new(),
            clock: Clock::default(),
            fingerprinter: Fingerprinter::random(),
        }
    }

    /// How many refusals are remembered; 8192 unless set, rounded up to a power of two. 0 remembers none,
    /// and every call is the store's.
    #[must_use]
    pub fn most(self, refusals: usize) -> Self {
        Self { known: Known::new(refusals), ..self }
    }

    /// Where the time since a refusal is read; [`Clock::default`] unless set.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The store behind.
    pub const fn get_ref(&self) -> &S {
        &self.store
    }

    async fn decide(&self, known: &Known, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        let since = self.clock.now();
        let set = print::set(&self.fingerprinter, &charges);
        let mark = self.marks.sum(&self.fingerprinter, &charges);
        if let Some(refusal) = known.find(set, since)
            && refusal.covers(&charges, mark)
        {
            return Ok(refusal.answer(since));
        }
        let asked = Asked::all(&charges);
        let answer = self.store.execute(Op::Decide, charges).await?;
        if let Some(refusal) = Refusal::of(&answer, asked, set, mark, since) {
            self.remember(known, refusal);
        }
        Ok(answer)
    }

    fn remember(&self, known: &Known, refusal: Refusal) {
        let now: Micros = self.clock.now();
        if refusal.is_valid(now) {
            known.remember(refusal, now);
        }
    }
}

impl<S: Store> Store for Refusals<S> {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        let is_asked = charges.iter().any(|charge| charge.units > 0);
        match (op, &self.known) {
            (Op::Decide, Some(known)) if is_asked && charges.len() <= MOST_LIMITS => {
                self.decide(known, charges).await
            }
            (Op::Refund | Op::Raise, Some(_)) => {
                let _eased = self.marks.ease(&self.fingerprinter, &charges);
                self.store.execute(op, charges).await
            }
            _ => self.store.execute(op, charges).await,
        }
    }

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        let _eased = self.marks.ease(&self.fingerprinter, &charges);
        self.store.reset(charges).await
    }

    async fn heartbeat(&self, instance: u64) -> Result<Option<Portion>, StoreError> {
        self.store.heartbeat(instance).await
    }
}

impl<S: fmt::Debug> fmt::Debug for Refusals<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusals").field("store", &self.store).finish_non_exhaustive()
    }
}
