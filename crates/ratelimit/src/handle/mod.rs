//! A limit in use, from outside.

pub(crate) mod snapshot;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use palisade_core::{Key, Quota, common_handle};

use crate::engine::Engine;
use crate::engine::book::Ruled;
use crate::engine::call::Bucket;
use crate::handle::snapshot::Snapshot;
use crate::shared::Shared;

/// Reads and changes a limit while it is in use. Clones see the same limit.
///
/// A change holds for the next call; what was taken so far stays taken.
#[derive(Clone, Debug)]
pub struct RateLimitHandle {
    shared: Arc<Shared>,
}

/// There is no limit, or no tier, of that name; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLimit {
    asked: String,
    known: String,
}

common_handle! {
    RateLimitHandle, "limit";
    /// Changes the share of refusals that is acted on.
    enforce
}

impl RateLimitHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The limit as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.shared)
    }

    /// Changes the quota; of several limits that of the first. Debt is kept as time: who had to wait
    /// a second still has to. What is more than a bucket of the new quota takes to fill is dropped
    /// when the key calls next. A window keeps what it counted. An algorithm of your own is not asked:
    /// for it only what messages, headers and metrics say changes.
    pub fn set_quota(&self, quota: Quota) {
        self.shared.engine.set_quota(0, quota);
    }

    /// Changes the quota of the limit `limit`, by the name that messages and headers give it.
    ///
    /// # Errors
    /// There is no such limit; nothing was changed.
    ///
    /// ```
    /// use palisade_ratelimit::{Limits, RateLimiter, per_hour, per_second};
    ///
    /// let limiter = RateLimiter::with(Limits::all([per_second(10), per_hour(1_000)])).name("api");
    /// let handle = limiter.handle();
    /// handle.set_quota_of("api-hour", per_hour(2_000))?;
    ///
    /// let why = handle.set_quota_of("api-day", per_hour(2_000)).unwrap_err();
    /// assert_eq!(why.to_string(), "no limit \"api-day\"; there are api-second, api-hour");
    /// # Ok::<(), palisade_ratelimit::UnknownLimit>(())
    /// ```
    pub fn set_quota_of(&self, limit: &str, quota: Quota) -> Result<(), UnknownLimit> {
        let at = self.place_of(limit)?;
        self.shared.engine.set_quota(at, quota);
        Ok(())
    }

    /// Changes the quota of a tier; of several limits in the first that has it.
    ///
    /// # Errors
    /// No limit has such a tier; nothing was changed.
    pub fn set_tier(&self, tier: &str, quota: Quota) -> Result<(), UnknownLimit> {
        self.change_tier(0..usize::from(u8::MAX), tier, quota)
    }

    /// Changes the quota of a tier of the limit `limit`, by the name that messages and headers give it.
    ///
    /// # Errors
    /// There is no such limit, or it has no such tier; nothing was changed.
    pub fn set_tier_of(&self, limit: &str, tier: &str, quota: Quota) -> Result<(), UnknownLimit> {
        let at = self.place_of(limit)?;
        self.change_tier(at..at + 1, tier, quota)
    }

    fn change_tier(
        &self,
        mut limits: Range<usize>,
        tier: &str,
        quota: Quota,
    ) -> Result<(), UnknownLimit> {
        let unknown = |tiers: &[&str]| {
            Err(UnknownLimit::new(format!("tier {tier:?}"), tiers.iter().copied()))
        };
        let Engine::Several(several) = &self.shared.engine else { return unknown(&[]) };
        let wanted = limits.clone();
        if several.change(|book| limits.any(|at| book.set_quota(at, Some(tier), quota).is_some())) {
            return Ok(());
        }
        let book = several.book();
        let limits = book.limits().iter().skip(wanted.start).take(wanted.len());
        let tiers: Vec<_> = limits.flat_map(Ruled::tiers).map(|(name, _)| name).collect();
        unknown(&tiers)
    }

    fn place_of(&self, limit: &str) -> Result<usize, UnknownLimit> {
        let names = self.shared.names();
        names.iter().position(|name| name.as_str() == limit).ok_or_else(|| {
            let known = names.iter().map(|name| name.as_str());
            UnknownLimit::new(format!("limit {limit:?}"), known)
        })
    }

    /// Gives the bucket that callers without a key share back in full.
    pub fn reset(&self) {
        self.shared.engine.reset(Bucket::Everybody);
    }

    /// Gives a key its buckets back in full. The key is what the layer's `by` makes of a request,
    /// such as an `IpAddr` for `ClientIp`. What a [store](crate::RateLimitLayer::store) keeps stays: see
    /// [`reset_in_store`](Self::reset_in_store).
    pub fn reset_key<'k>(&self, key: impl Into<Key<'k>>) {
        self.shared.engine.reset(self.shared.bucket(&key.into()));
    }
}

impl UnknownLimit {
    fn new<'a>(asked: String, known: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = Vec::new();
        for name in known {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Self { asked, known: names.join(", ") }
    }
}

impl fmt::Display for UnknownLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = if self.known.is_empty() { "none" } else { &self.known };
        write!(f, "no {}; there are {known}", self.asked)
    }
}

impl std::error::Error for UnknownLimit {}
