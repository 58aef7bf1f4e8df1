//! What decides, in memory.

pub(crate) mod book;
pub(crate) mod call;
pub(crate) mod cell;
pub(crate) mod kind;
pub(crate) mod leave;
pub(crate) mod settings;
pub(crate) mod several;
pub(crate) mod single;

use palisade_core::algorithm::Op;
use palisade_core::switch::Switch;
use palisade_core::{Clock, Micros, Quota};

use self::book::{Book, Ruled};
use self::call::{Bucket, Call, Part};
use self::kind::{Kind, On};
use self::several::{Outcomes, Several};
use self::single::Single;
use crate::limit::Rule;

/// What decides.
#[derive(Debug)]
pub(crate) enum Engine {
    /// One token bucket per key: the fast way.
    Single(Single),
    /// Everything else.
    Several(Several),
}

/// How many keys there are, and were.
pub(crate) struct Keys {
    pub(crate) now: usize,
    pub(crate) evicted: u64,
    pub(crate) overflowed: u64,
}

impl Engine {
    pub(crate) fn new(rules: Vec<Rule>, switch: Switch, most_keys: usize, clock: &Clock) -> Self {
        match rules.as_slice() {
            [
                Rule {
                    kind: Kind::Bucket(_),
                    quota,
                    tiers,
                    name: None,
                    chargeable: false,
                    outage: None,
                },
            ] if tiers.is_empty() => Self::Single(Single::new(*quota, switch, most_keys, clock)),
            _ => Self::Several(Several::new(Book::new(rules), switch, most_keys)),
        }
    }

    /// What it was made of, with the quotas of now.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        match self {
            Self::Single(single) => {
                vec![Rule::new(single.quota(), Kind::Bucket(On(single.gcra())))]
            }
            Self::Several(several) => several.book().rules(),
        }
    }

    #[inline]
    pub(crate) fn switch(&self) -> Switch {
        match self {
            Self::Single(single) => single.switch(),
            Self::Several(several) => several.switch(),
        }
    }

    pub(crate) fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        match self {
            Self::Single(single) => single.set_switch(change),
            Self::Several(several) => several.set_switch(change),
        }
    }

    /// The quota of the first limit, or one that allows nothing if there is no limit.
    pub(crate) fn quota(&self) -> Quota {
        match self {
            Self::Single(single) => single.quota(),
            Self::Several(several) => several.book().first_quota(),
        }
    }

    /// The quotas of all limits.
    pub(crate) fn quotas(&self) -> Vec<Quota> {
        match self {
            Self::Single(single) => vec![single.quota()],
            Self::Several(several) => several.book().limits().iter().map(Ruled::quota).collect(),
        }
    }

    /// The quota that applies to this part of a call.
    pub(crate) fn quota_of(&self, part: &Part) -> Quota {
        match self {
            Self::Single(single) => single.quota(),
            Self::Several(several) => {
                let book = several.book();
                book.plan(part.limit, part.tier)
                    .map_or_else(|| book.first_quota(), |plan| plan.quota)
            }
        }
    }

    /// Changes the quota of the limit at `limit`.
    pub(crate) fn set_quota(&self, limit: usize, quota: Quota) {
        match self {
            Self::Single(single) => single.set_quota(quota),
            Self::Several(several) => {
                several.change(|book| book.set_quota(limit, None, quota));
            }
        }
    }

    pub(crate) fn keys(&self) -> Keys {
        let (now, evicted, overflowed) = match self {
            Self::Single(Single { table, .. }) => {
                (table.len(), table.evicted(), table.overflowed())
            }
            Self::Several(Several { table, .. }) => {
                (table.len(), table.evicted(), table.overflowed())
            }
        };
        Keys { now, evicted, overflowed }
    }

    pub(crate) fn reset(&self, bucket: Bucket) {
        match self {
            Self::Single(single) => single.reset(bucket),
            Self::Several(several) => several.reset(bucket),
        }
    }

    /// Executes `op`: one outcome per limit of the call, none if the limits are switched off; and
    /// when that was.
    pub(crate) fn execute(&self, call: &Call, clock: &Clock, op: Op) -> (Outcomes, Micros) {
        match (self, call.parts.first()) {
            (Self::Single(single), Some(part)) => {
                let (_, outcome) = single.execute(part.bucket, clock, op, part.units);
                (outcome.into_iter().collect(), clock.now())
            }
            (Self::Several(several), Some(_)) if several.switch().enabled => {
                several.execute(call, clock, op)
            }
            _ => (Outcomes::new(), clock.now()),
        }
    }
}
