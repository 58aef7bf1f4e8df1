//! The rate limit as a primitive, without Tower.

pub(crate) mod binding;
pub(crate) mod decision;
pub(crate) mod in_store;
pub(crate) mod store_subject;
pub(crate) mod subject;
pub(crate) mod waits;

use std::sync::Arc;

use palisade_core::algorithm::Outcome;
use palisade_core::base::{self, edit, share};
use palisade_core::{Clock, Global, Key, Name, Quota, Rejection};

use crate::engine::Engine;
use crate::handle::RateLimitHandle;
use crate::layer::RateLimitLayer;
use crate::limit::asks::One;
use crate::limit::limits::{IntoLimits, Limits};
use crate::limiter::subject::Subject;
use crate::shared::Shared;
use crate::shared::verdict::Verdict;

/// A rate limit in memory. Clones share it.
///
/// [`check`](Self::check) is one bucket for all callers, [`check_key`](Self::check_key) one per
/// key. Both answer at once; neither allocates, blocks or needs a runtime. [`of`](Self::of) has the
/// other operations: more units than one, charges, refunds, waiting.
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
        Self::with(quota)
    }

    /// A limit of any kind, or several that are one decision: see [`Limit`](crate::Limit) and
    /// [`Limits`]. All of them count by the key that is checked; keys and costs of their own are for
    /// layers.
    ///
    /// ```
    /// use palisade_ratelimit::{Limits, RateLimiter, per_hour, per_second};
    ///
    /// let limiter = RateLimiter::with(Limits::all([per_second(2), per_hour(3)]));
    /// assert!(limiter.check_key("alice").is_ok());
    /// assert!(limiter.check_key("alice").is_ok());
    /// let why = limiter.check_key("alice").unwrap_err();
    /// assert_eq!(why.name(), "default-second");
    /// ```
    #[must_use]
    pub fn with(limits: impl IntoLimits) -> Self {
        Self { shared: share(Shared::new(Limits::all(limits).rules)) }
    }

    /// Names the limit, in metrics, messages and headers; `"default"` unless set.
    #[must_use]
    pub fn name(self, name: impl Into<Name>) -> Self {
        let name = name.into();
        self.edit(|shared| base::Shared::set_name(shared, name))
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        self.edit(|shared| base::Shared::set_clock(shared, clock))
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
    #[inline(always)] // So that what a caller does not need of the outcome is not made.
    pub fn check(&self) -> Result<Outcome, Rejection> {
        into_result(match &self.shared.engine {
            Engine::Single(single) => self.shared.decide_single(single, None, 1, ""),
            Engine::Several(_) => self.check_any(None),
        })
    }

    /// Takes one unit of the bucket of `key`.
    ///
    /// # Errors
    /// The key's quota is used up; the rejection says when to come back.
    #[inline]
    pub fn check_key<'k>(&self, key: impl Into<Key<'k>>) -> Result<Outcome, Rejection> {
        let key = key.into();
        into_result(match &self.shared.engine {
            Engine::Single(single) => {
                let print = self.shared.fingerprint(&key);
                self.shared.decide_single(single, Some((&key, print)), 1, "key")
            }
            Engine::Several(_) => self.check_any(Some(key)),
        })
    }

    /// A verdict and not a result, so that the usual way needs no memory for the latter.
    #[inline(never)]
    fn check_any(&self, key: Option<Key<'_>>) -> Verdict<Option<Outcome>> {
        match Subject::new(&self.shared, key).check() {
            Ok(outcome) => Verdict::Pass(Some(outcome)),
            Err(why) => Verdict::Refuse(why, None),
        }
    }

    /// The bucket of `key`, with all that can be done to it.
    ///
    /// ```
    /// use palisade_ratelimit::{RateLimiter, per_minute};
    ///
    /// let tokens = RateLimiter::new(per_minute(1_000));
    /// tokens.of("alice").units(300).check()?;
    /// tokens.of("alice").units(50).charge();          // it was more than was thought
    /// assert_eq!(tokens.of("alice").peek().remaining(), 650);
    /// # Ok::<(), palisade_core::Rejection>(())
    /// ```
    pub fn of<'k>(&self, key: impl Into<Key<'k>>) -> Subject<'_, 'k> {
        Subject::new(&self.shared, Some(key.into()))
    }

    /// The bucket that all callers share, with all that can be done to it.
    #[must_use]
    pub fn everybody(&self) -> Subject<'_, 'static> {
        Subject::new(&self.shared, None)
    }

    /// How the bucket that all callers share stands, without taking anything: `remaining` units.
    #[must_use]
    pub fn peek(&self) -> Outcome {
        self.everybody().peek()
    }

    /// How the bucket of `key` stands, without taking anything: `remaining` units.
    #[must_use]
    pub fn peek_key<'k>(&self, key: impl Into<Key<'k>>) -> Outcome {
        self.of(key).peek()
    }

    /// A layer on this limit's own buckets.
    #[must_use]
    pub fn layer(&self) -> RateLimitLayer {
        self.layer_by(Global)
    }

    /// A layer on this limit's own buckets, one for each of `by`'s keys.
    ///
    /// Of the layer's setters only those keep to these buckets that choose what responses look like
    /// and whom the limit concerns; any other starts a limit of the layer's own.
    #[must_use]
    pub fn layer_by<K>(&self, by: K) -> RateLimitLayer<K> {
        RateLimitLayer::on(Arc::clone(&self.shared), by, One)
    }

    /// Reads and changes the limit while it is in use.
    #[must_use]
    pub fn handle(&self) -> RateLimitHandle {
        RateLimitHandle::new(Arc::clone(&self.shared))
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change) }
    }
}

#[inline]
fn into_result(verdict: Verdict<Option<Outcome>>) -> Result<Outcome, Rejection> {
    match verdict {
        Verdict::Pass(outcome) => Ok(outcome.unwrap_or(Outcome::UNLIMITED)),
        Verdict::Refuse(why, _) => Err(why),
    }
}
