//! The rate limit as a primitive, without Tower.

use std::sync::Arc;

use palisade_core::algorithm::{Op, Outcome};
use palisade_core::base::{self, edit, share};
use palisade_core::{Clock, Global, Http, Key, Name, Quota, Rejection};

use crate::handle::RateLimitHandle;
use crate::layer::RateLimitLayer;
use crate::shared::{Bucket, Shared};
use crate::verdict::Verdict;

/// A rate limit in memory. Clones share it.
///
/// [`check`](Self::check) is one bucket for all callers, [`check_key`](Self::check_key) one per
/// key. Both answer at once; neither allocates, blocks or needs a runtime.
///
/// ```
/// use palisade_ratelimit::{RateLimiter, per_minute};
///
/// let logins = RateLimiter::new(per_minute(2)).name("login");
/// assert_eq!(logins.check_key("alice")?.remaining(), 1);
/// assert_eq!(logins.check_key("alice")?.remaining(), 0);
/// assert!(logins.check_key("bob").is_ok());
///
/// let why = logins.check_key("alice").unwrap_err();
/// assert!(why.to_string().starts_with(r#"rate limited: "login" allows 2 per minute (by key); retry after"#));
/// # Ok::<(), palisade_core::Rejection>(())
/// ```
///
/// # Cost
///
/// A clock read, one compare-and-swap (`check`) or the lock of a shard (`check_key`), and a count in
/// memory that only this thread writes.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    shared: Arc<Shared>,
}

impl RateLimiter {
    /// A limit of `quota` on each key, as a token bucket.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self { shared: share(Shared::new(quota)) }
    }

    /// Names the limit, in metrics, messages and headers; `"default"` unless set.
    #[must_use]
    pub fn name(self, name: impl Into<Name>) -> Self {
        let name = name.into();
        self.edit(|shared| base::Shared::base_mut(shared).set_name(name))
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        self.edit(|shared| {
            base::Shared::base_mut(shared).set_clock(clock);
            shared.restart();
        })
    }

    /// How many keys are remembered at most; a million unless set, 0 counts as 1. Beyond that, new
    /// keys first take the place of keys whose bucket is full again, then share one bucket.
    #[must_use]
    pub fn max_keys(self, most: usize) -> Self {
        self.edit(|shared| {
            shared.fixed.most_keys = most;
            shared.restart();
        })
    }

    /// Takes one unit of the bucket that all callers share.
    ///
    /// # Errors
    /// The quota is used up; the rejection says when to come back.
    #[inline]
    pub fn check(&self) -> Result<Outcome, Rejection> {
        into_result(self.shared.decide(Bucket::Everybody, ""))
    }

    /// Takes one unit of the bucket of `key`.
    ///
    /// # Errors
    /// The key's quota is used up; the rejection says when to come back.
    #[inline]
    pub fn check_key<'k>(&self, key: impl Into<Key<'k>>) -> Result<Outcome, Rejection> {
        let key = self.shared.fingerprint(&key.into());
        into_result(self.shared.decide(Bucket::Keyed(key), "key"))
    }

    /// How the bucket that all callers share stands, without taking anything: `remaining` units.
    #[must_use]
    pub fn peek(&self) -> Outcome {
        self.look(Bucket::Everybody)
    }

    /// How the bucket of `key` stands, without taking anything: `remaining` units.
    #[must_use]
    pub fn peek_key<'k>(&self, key: impl Into<Key<'k>>) -> Outcome {
        self.look(Bucket::Keyed(self.shared.fingerprint(&key.into())))
    }

    /// A layer on this limit's own buckets.
    #[must_use]
    pub fn layer(&self) -> RateLimitLayer {
        self.layer_by(Global)
    }

    /// A layer on this limit's own buckets, one for each of `by`'s keys.
    ///
    /// Of the layer's setters only those that choose what a refusal becomes keep to these buckets;
    /// any other starts a limit of the layer's own.
    #[must_use]
    pub fn layer_by<K>(&self, by: K) -> RateLimitLayer<K> {
        RateLimitLayer::with(Arc::clone(&self.shared), by, Http)
    }

    /// Reads and changes the limit while it is in use.
    #[must_use]
    pub fn handle(&self) -> RateLimitHandle {
        RateLimitHandle::new(Arc::clone(&self.shared))
    }

    fn look(&self, bucket: Bucket) -> Outcome {
        self.shared.execute(bucket, Op::Decide, 0).1.unwrap_or(Outcome::UNLIMITED)
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change) }
    }
}

#[inline]
fn into_result(verdict: Verdict) -> Result<Outcome, Rejection> {
    match verdict {
        Verdict::Pass(outcome) => Ok(outcome.unwrap_or(Outcome::UNLIMITED)),
        Verdict::Refuse(why, _) => Err(why),
    }
}
