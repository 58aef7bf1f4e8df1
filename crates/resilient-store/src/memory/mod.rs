//! The memory that stands in for a store, and is kept warm while there is one.
//!
//! Of each key it remembers the last outcome and its time: that is enough to go on from, for every
//! algorithm. So an outage hands nobody a full bucket.

mod merge;
mod stand_in;
mod used;
mod warm;

use palisade_core::algorithm::{Algorithm, Op, Outcome, Portion};
use palisade_core::key::Fingerprinter;
use palisade_core::store::{Answer, Charge, Entry, Outage, Place, Policy, Source, Table};
use palisade_core::{Key, Micros};
use smallvec::SmallVec;

use self::stand_in::StandIn;
use self::warm::{Seen, Warm};

pub(crate) struct Memory {
    table: Table<Warm>,
    fingerprinter: Fingerprinter,
}

impl Memory {
    pub(crate) fn new(most: usize) -> Self {
        Self { table: Table::new(most), fingerprinter: Fingerprinter::random() }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn tidy(&self, now: Micros) {
        self.table.tidy(now);
    }

    pub(crate) fn forget(&self, charges: &[Charge]) {
        for charge in charges {
            self.table.forget(self.place(charge));
        }
    }

    /// Remembers what the store said, up to the outage of this number.
    pub(crate) fn hear(&self, charges: &[Charge], answer: &Answer, outage: u32) {
        for (charge, &outcome) in charges.iter().zip(&answer.outcomes) {
            let heard = Seen { outcome, at: answer.now };
            self.table.visit(self.place(charge), answer.now, |warm, place| {
                // What keys without a place share is none of theirs.
                if place == Place::Own {
                    warm.hear(charge, heard, outage);
                }
            });
        }
    }

    /// Decides without the store, at the time that `now` reads, which is the store's; `None` if a limit must
    /// not be decided so. The store is to be told if it certainly has not charged, and so is owed.
    pub(crate) fn decide(
        &self,
        op: Op,
        charges: &[Charge],
        portion: Option<Portion>,
        owes: bool,
        now: impl Fn() -> Micros,
    ) -> Option<Answer> {
        let mut source = None;
        let mut stands: SmallVec<[StandIn; 2]> = SmallVec::new();
        for charge in charges {
            let (policy, portion, from) = match charge.policy.outage() {
                Outage::Deny => return None,
                Outage::Allow => {
                    source = weakest(source, Source::Open);
                    continue;
                }
                Outage::Share | Outage::Local => local(&charge.policy, portion),
            };
            source = weakest(source, from);
            stands.push(StandIn { policy, portion, charge: charge.clone(), owes });
        }
        let entries = self.entries(&stands);
        let (decided, now) = self.table.all_at(&entries, now, op);
        let mut decided = decided.into_iter();
        let outcomes = charges.iter().map(|charge| match charge.policy.outage() {
            Outage::Allow => Outcome::passed(charge.units).with_remaining(u64::MAX),
            _ => decided.next().unwrap_or(Outcome::UNLIMITED),
        });
        Some(Answer { outcomes: outcomes.collect(), now, source: source.unwrap_or(Source::Share) })
    }

    fn entries<'s>(&self, stands: &'s [StandIn]) -> SmallVec<[Entry<'s, StandIn>; 2]> {
        let mut entries: SmallVec<[Entry<'s, StandIn>; 2]> = SmallVec::new();
        for algorithm in stands {
            let Charge { policy, units, class, .. } = &algorithm.charge;
            // By the limit, and not by its place in the call: other calls have other limits there.
            let name = Key::from(policy.name().as_str());
            let mut limit = name.fingerprint(&self.fingerprinter) as u8;
            while entries.len() < 256 && entries.iter().any(|entry| entry.limit == limit) {
                limit = limit.wrapping_add(1);
            }
            let key = self.place(&algorithm.charge);
            entries.push(Entry { algorithm, key, limit, units: *units, class: *class });
        }
        entries
    }

    fn place(&self, charge: &Charge) -> u64 {
        let name = Key::from(charge.policy.name().as_str());
        name.and(&*charge.subject).fingerprint(&self.fingerprinter)
    }

    fn visit<R>(&self, key: u64, now: Micros, visit: impl FnOnce(&mut Warm) -> R) -> Option<R> {
        self.table.visit(key, now, |warm, place| (place == Place::Own).then(|| visit(warm)))
    }
}

/// Which of two says less of what all instances together admit.
fn weakest(one: Option<Source>, other: Source) -> Option<Source> {
    let rank = |source: Source| Source::ALL.iter().position(|&listed| listed == source);
    Some(one.map_or(other, |one| if rank(one) > rank(other) { one } else { other }))
}

/// A limit as this instance keeps it by itself: its part, if there is one.
fn local(policy: &Policy, portion: Option<Portion>) -> (Policy, Option<Portion>, Source) {
    let portion = portion.filter(|_| policy.outage() == Outage::Share);
    match portion.and_then(|portion| policy.portion(portion)) {
        Some(part) => (part, portion, Source::Share),
        None => (policy.clone(), None, Source::Local),
    }
}
