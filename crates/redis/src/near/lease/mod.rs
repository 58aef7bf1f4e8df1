//! A store that takes units ahead for limits that are busy here.

mod desk;
mod desks;
mod failure;
mod flight;
mod hand;
mod heard;
mod spent;
mod store;
mod terms;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;
use palisade_core::store::Store;

use self::desks::Desks;
use self::terms::Terms;

/// A store that takes units ahead for limits that are busy here, and decides out of them.
///
/// **When to use it.** For a few limits that every call of a busy service asks for: a global rate, a large
/// tenant. One call to the store then serves many. **When not to.** With many subjects that each call
/// seldom it changes nothing, as nothing is taken ahead for them: [`Refusals`](crate::Refusals) behind it spares
/// calls then.
///
/// A decision on one limit is answered here while units are at hand
/// ([`Source::Lease`](palisade_core::store::Source)). When they are spent, one call takes half of what was
/// spent here in the last `ttl`, at most `most` units, and the others of that limit wait for its answer. A
/// limit of which fewer than four units are spent in that time is asked for call by call. After a `ttl`
/// what is left is given back, in the background, as far as it still counts: what has flowed off meanwhile
/// is there already, and lapses.
///
/// If fewer units were there than were asked for, calls are refused here
/// ([`Source::Cache`](palisade_core::store::Source)) for a [cool-down](Self::cool_down), and until the first of
/// them could pass, at most a second; of a limit that refills sooner, for half the time that it takes to be
/// as good as new.
///
/// # What it promises
///
/// Units are charged before they are spent, so no more pass than the store has granted. They may pass up to
/// a `ttl` later: in a span of length `w` as many as the store grants in `w` and one `ttl`. An instance has
/// at most `most` units of a limit at hand that others lack. Of a take that was sent and not answered
/// nothing is spent: the units are lost, and who waited is told as if the call had been their own.
///
/// A refund undoes its take if it is carried out within 50 ms. One that is carried out later, by a store that
/// was stopped meanwhile, may give back up to `most` units that had flowed off; and a log forgets its newest
/// entries first, so others' room may come back up to a `ttl` early.
///
/// # What is told
///
/// An outcome tells what was heard with the last take: what remained in the store then, with what is at hand
/// here, and the reset, shortened by the time since. What others took meanwhile is not seen. To who is
/// refused the wait is the longer one of the cool-down's rest and the time after which the call would have
/// passed by what was heard.
///
/// # What it leaves alone
///
/// Several limits at once, callers of a class but 0, calls for more than `most` units, limits that make calls
/// [wait](palisade_core::algorithm::Algorithm::delays), peeks and all that is not a decision. A peek does not
/// see what is at hand. To reset a limit through this store voids what is at hand of it here.
///
/// # Cancellation
///
/// A call that is dropped while it waits loses nothing: the others finish the take, or the background task,
/// and the units are there for who comes next.
///
/// # Runtime
///
/// One task for all limits, started on the runtime of the first call that takes units ahead. It ends when
/// nothing is at hand, and with the store. Dropping the store gives nothing back: what is at hand lapses.
/// [`give_back`](Self::give_back) before a shutdown returns it. Outside of a runtime nothing is given back.
///
/// # Cost
///
/// A lock of the limit, which the callers of one limit share, and some 200 bytes for each limit and subject
/// that was asked for in the last two `ttl`, of which at most [10 000](Self::most_keys) are known.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::algorithm::Op;
/// use palisade_core::store::{Charge, MemoryStore, Policy, Source, Store};
/// use palisade_core::{Name, per_second};
/// use palisade_ratelimit::Gcra;
/// use palisade_redis::Leases;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), palisade_core::store::StoreError> {
/// let store = Leases::new(MemoryStore::new(), 50, Duration::from_millis(100));
/// let once = || {
///     let policy = Policy::new(Name::new("all"), Gcra::new(per_second(1_000)));
///     vec![Charge { subject: "".into(), policy, units: 1, class: 0, together: false }]
/// };
/// let mut sources = Vec::new();
/// for _ in 0..100 {
///     sources.push(store.execute(Op::Decide, once()).await?.source);
/// }
/// assert_eq!(sources[0], Source::Store);
/// assert_eq!(sources[99], Source::Lease);
/// # Ok(())
/// # }
/// ```
pub struct Leases<S> {
    store: Arc<S>,
    /// None if nothing is ever taken ahead.
    desks: Option<Arc<Desks>>,
    terms: Terms,
    clock: Clock,
}

impl<S: Store> Leases<S> {
    /// Takes at most `most` units of a limit ahead, to be spent within `ttl`, which is usually 100 ms: at
    /// least 1 ms, at most 10 s. With a `most` of 0 or 1 every call is the store's.
    #[must_use]
    pub fn new(store: S, most: u32, ttl: Duration) -> Self {
        Self {
            store: Arc::new(store),
            desks: None,
            terms: Terms::new(most, ttl),
            clock: Clock::default(),
        }
        .afresh()
    }

    /// For how long no more units are asked for when fewer came than were asked for; 10 ms unless set, at most
    /// 10 s. It bounds how often an instance asks for what is not there, and how long it may not see that it is.
    #[must_use]
    pub fn cool_down(self, span: Duration) -> Self {
        Self { terms: self.terms.with_cool_down(span), ..self }.afresh()
    }

    /// Of how many limits and subjects units are taken ahead; 10 000 unless set, and 0 counts as 1. Those
    /// beyond are the store's.
    #[must_use]
    pub fn most_keys(self, keys: usize) -> Self {
        Self { terms: Terms { most_keys: keys, ..self.terms }, ..self }.afresh()
    }

    /// Where the age of what is at hand is read; [`Clock::default`] unless set.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }.afresh()
    }

    /// The store behind.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.store
    }

    /// Gives back what is at hand, as far as it still counts. Units that are on their way stay.
    pub async fn give_back(&self) {
        if let Some(desks) = &self.desks {
            let owed = desks.due(true).owed;
            desks::give_back(&Arc::downgrade(&self.store), owed).await;
        }
    }

    /// Nothing is at hand before the first call, and what a setter after it finds lapses.
    fn afresh(self) -> Self {
        let Self { ref clock, terms, .. } = self;
        let desks = (terms.most > 1).then(|| Arc::new(Desks::new(terms, clock.clone())));
        Self { desks, ..self }
    }
}

impl<S: fmt::Debug> fmt::Debug for Leases<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases").field("store", &self.store).finish_non_exhaustive()
    }
}
