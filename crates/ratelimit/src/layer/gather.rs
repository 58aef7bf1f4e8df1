//! What a request asks of which limits.

use std::mem;

use palisade_core::key::Missing;
use palisade_core::{KeyBy, Reason};
use smallvec::SmallVec;

use crate::engine::Engine;
use crate::engine::book::Tier;
use crate::engine::call::{Bucket, Call, Part};
use crate::layer::service::RateLimit;
use crate::limit::asks::Asks;
use crate::shared::Shared;
use crate::shared::ask::Described;
use crate::shared::remote::Remote;
use crate::shared::verdict::{Seen, Verdict};
use crate::shared::why::Why;

/// What a request asks.
pub(crate) enum Gathered {
    Call(Call),
    /// No limit applies.
    Free,
    /// It lacks the key of this limit, of this description, and such requests are refused.
    Keyless(u8, &'static str),
}

impl<S, K, R, A> RateLimit<S, K, R, A> {
    /// Finds the request's keys, tiers and costs.
    pub(crate) fn gather<Req>(&self, request: &Req) -> Gathered
    where
        K: KeyBy<Req>,
        A: Asks<Req>,
    {
        let shared = &self.front.shared;
        // However many of its keys are missing, it is one request.
        let (mut parts, mut is_counted) = (SmallVec::<[Part; 2]>::new(), false);
        let mut part = |limit: u8, tier| {
            let by = || self.by.describe_of(limit.into());
            let before = parts.last();
            let bucket = match before {
                Some(before) if !K::EACH => Some(before.bucket),
                _ if K::UNKEYED => Some(Bucket::Everybody),
                _ => self.by.key_of(request, limit.into()).map(|key| shared.bucket(&key)),
            };
            let bucket = match bucket {
                Some(bucket) => bucket,
                None => {
                    let missing = self.front.manner.missing;
                    if !mem::replace(&mut is_counted, true) {
                        shared.keyless(by(), missing);
                    }
                    match missing {
                        Missing::Shared => Bucket::Everybody,
                        Missing::Pass => return Ok(()),
                        Missing::Reject => return Err(Gathered::Keyless(limit, by())),
                    }
                }
            };
            let units = match before {
                Some(before) if !A::EACH => before.units,
                _ => self.asks.units(request, limit.into()),
            };
            parts.push(Part { limit, tier, bucket, units });
            Ok(())
        };
        let gathered = match &shared.engine {
            Engine::Single(_) => part(0, Tier::default()),
            Engine::Several(several) => {
                let (book, tier) = (several.book(), self.asks.tier(request));
                let limits = 0..book.limits().len() as u8;
                limits.into_iter().try_for_each(|limit| part(limit, book.tier(limit, tier)))
            }
        };
        match gathered {
            Err(keyless) => keyless,
            Ok(()) if parts.is_empty() => Gathered::Free,
            Ok(()) => Gathered::Call(Call { parts, class: self.asks.class(request) }),
        }
    }

    /// What follows for a call that was decided in memory.
    pub(crate) fn conclude<Req>(&self, request: &Req, call: &Call, seen: Seen) -> Verdict<Seen>
    where
        K: KeyBy<Req>,
    {
        let shared = &self.front.shared;
        let note = |calls, refused| {
            let keyed = call.parts.iter().find_map(|part| match part.bucket {
                Bucket::Keyed(print) => Some((self.by.key_of(request, part.limit.into())?, print)),
                Bucket::Everybody => None,
            });
            if let Some((key, print)) = keyed {
                shared.busiest.record(&key, print, calls, refused);
            }
        };
        shared.conclude(call, seen, note, |limit| self.by.describe_of(limit))
    }

    /// What the call asks of the store, if one is to be asked.
    pub(crate) fn remote<Req>(&self, request: &Req, call: &Call) -> Option<Remote>
    where
        K: KeyBy<Req>,
    {
        self.front.shared.remote(call, |part| match part.bucket {
            Bucket::Keyed(_) => self.by.key_of(request, part.limit.into()),
            Bucket::Everybody => None,
        })
    }

    /// What the keys of limits are, as far as the call has any.
    pub(crate) fn described<Req>(&self, call: &Call) -> Described
    where
        K: KeyBy<Req>,
    {
        let last = call.parts.last().map_or(0, |part| part.limit);
        (0..=last).map(|limit| self.by.describe_of(limit.into())).collect()
    }
}

impl Shared {
    /// Refuses a request that lacks the key of this description.
    #[cold]
    pub(crate) fn refuse_keyless(&self, limit: u8, by: &'static str) -> Verdict<()> {
        let (name, reason) = (self.label(limit), Reason::key_missing(by));
        let why = Why { name, reason, wait: None, source: None };
        self.refuse(self.switch(), why, ())
    }
}
