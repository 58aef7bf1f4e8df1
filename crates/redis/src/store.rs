//! The store: scripts, and what an instance answers by itself.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;
use palisade_core::algorithm::{Op, Portion};
use palisade_core::store::{Answer, Charge, Store, StoreError};
use palisade_core::text::Problems;

use crate::RedisConfig;
use crate::near::{Leases, Refusals};
use crate::scripted::Scripted;

/// Keeps limits in Redis, for all instances that use the same server and prefix.
///
/// Each call is one script, which decides on the server's time, charges all limits of the call or none, and
/// answers what memory would: to the microsecond, for every algorithm of this workspace. A server that has
/// lost its scripts is given them again unseen.
///
/// ```
/// use palisade_redis::{RedisConfig, RedisStore};
///
/// // Nothing connects before the first decision, so that a service starts without Redis.
/// let store = RedisStore::new(RedisConfig::default())?.prefix("shop")?;
/// # Ok::<(), palisade_core::text::Problems>(())
/// ```
///
/// A clone shares all of it. A setter is for the start: what it is called on is left as it is to clones.
///
/// # What is answered here
///
/// What the server has just refused is refused again without asking it ([`Refusals`]; on unless
/// [switched off](Self::deny_cache)), and units of a busy limit can be taken ahead ([`Leases`]; off unless
/// [switched on](Self::lease)). Neither lets more pass. An answer's [`Source`](palisade_core::store::Source) tells.
///
/// # What is in Redis
///
/// | limit | key | a key of 22 bytes takes |
/// |---|---|---|
/// | a bucket, a shaper | `palisade:{subject}:name:g1`, `q1` | 72 to 104 bytes |
/// | a window | `palisade:{subject}:name:f1`, `w1` | 104 bytes |
/// | a log | `palisade:{subject}:name:l1` | 120 bytes, 41 more for each grant, above 128 grants 120 |
/// | several of one subject, but for logs | a hash, `palisade:{subject}` | 104 bytes for two buckets |
/// | an algorithm of yours | as its [`Twin`](palisade_core::algorithm::Twin) says, or `b1` | |
///
/// States are times and counts; limits are kept nowhere but in the layers, and can change at any time. Every
/// key expires when it is as good as never seen, the hash with the last of its limits. A subject over 128
/// bytes or with braces or anything but printable ASCII is stored as `sha#` and 32 digits of its SHA-256, and so
/// is a limit's name over 64 bytes. No key is longer than 237 bytes.
///
/// Eviction forgets limits without a word: let `maxmemory-policy` be `noeviction`, which refuses instead, or one
/// of `volatile-ttl`'s kind on a server that has room.
///
/// # Clusters
///
/// The limits of one subject are on one node, and are one decision. Limits of different subjects are not: they
/// are decided one subject after the other, in the order of the call, so let the narrow limit come first.
/// When one refuses, those before it are given back what they have been charged, and those after it are only
/// looked at; for the time of a round trip others may be refused for it, and a caller that
/// is dropped in between leaves the first ones charged. The time of an answer is that of the node that was
/// asked last.
///
/// # Algorithms of your own
///
/// One with a [`twin`](palisade_core::algorithm::Algorithm::twin) is like any of ours. One without is planned
/// here: its state is read, and swapped if nobody has changed it meanwhile, which is two round trips, and two
/// more each time somebody was faster. After five attempts the call is
/// [`Rejected`](palisade_core::store::StoreError::Rejected): a state that many instances change at once wants a twin. Its
/// state needs [`to_bytes`](palisade_core::algorithm::State::to_bytes) and `from_bytes`.
///
/// # Cancellation
///
/// What was sent is executed, whether its future is dropped or not.
///
/// # Cost
///
/// One round trip per decision, and some 7 µs of the server's time for a bucket by itself, 12 for two of one
/// subject. A limit of 0 is refused without a call.
#[derive(Clone, Debug)]
pub struct RedisStore {
    front: Arc<Leases<Refusals<Scripted>>>,
    near: Near,
}

/// What is answered without asking.
#[derive(Clone, Copy, Debug)]
struct Near {
    denies: bool,
    /// How many units are taken ahead, for how long.
    lease: (u32, Duration),
}

// ===== impl RedisStore =====

impl RedisStore {
    /// A store in the Redis that `config` names, to which it does not connect yet.
    ///
    /// # Errors
    /// All that is wrong with `config`.
    pub fn new(config: RedisConfig) -> Result<Self, Problems> {
        Ok(Self::over(Scripted::new(config)?, Near::default()))
    }

    /// A store that borrows a connection of `pool` for each call.
    ///
    /// For services that have such a pool already. Its own connections are faster: this kind of pool asks the
    /// server whether a connection is alive each time it lends one, which is a second round trip, and some of
    /// what fails before it is sent is told as [`StoreError::Unknown`]. A pool to a cluster is none of these.
    #[cfg(feature = "deadpool-redis")]
    #[must_use]
    pub fn with_pool(pool: deadpool_redis::Pool) -> Self {
        Self::over(Scripted::lent(pool), Near::default())
    }

    /// What all keys begin with, `palisade` unless set: services with different prefixes share no limit.
    ///
    /// # Errors
    /// It is not 1 to 32 printable ASCII characters without braces.
    pub fn prefix(self, prefix: &str) -> Result<Self, Problems> {
        Ok(Self::over(self.scripted().prefix(prefix)?, self.near))
    }

    /// How long a command waits for its answer, 50 ms unless set, 1 ms at least. Then it is
    /// [`Unknown`](StoreError::Unknown) whether it was executed. Connections that are there are left to the
    /// clones.
    #[must_use]
    pub fn response_timeout(self, timeout: Duration) -> Self {
        Self::over(self.scripted().response_timeout(timeout), self.near)
    }

    /// Whether what the server has just refused is refused here until it may pass, for a second at most;
    /// yes unless set. Off, a caller over its limit costs the server as much as any other.
    #[must_use]
    pub fn deny_cache(self, on: bool) -> Self {
        Self::over(self.scripted(), Near { denies: on, ..self.near })
    }

    /// Takes up to `most` units of a busy limit ahead, to be spent here within `ttl`, 100 ms being a good
    /// value; nothing is taken ahead unless set. Fewer calls to the server, at the price that others do not
    /// see units that lie here: never more pass, but a limit may look spent a little early. See [`Leases`].
    #[must_use]
    pub fn lease(self, most: u32, ttl: Duration) -> Self {
        Self::over(self.scripted(), Near { lease: (most, ttl), ..self.near })
    }

    /// Gives back what was taken ahead and is not spent: before a shutdown.
    pub async fn give_back(&self) {
        self.front.give_back().await;
    }

    /// Decides by this clock, and not by the server's, which keeps states for a day at least then; nothing
    /// is answered here. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn at(self, clock: Clock) -> Self {
        Self::over(self.scripted().at(clock), Near::NOTHING)
    }

    fn over(scripted: Scripted, near: Near) -> Self {
        let Near { denies, lease: (most, ttl) } = near;
        let refusals = Refusals::new(scripted);
        let refusals = if denies { refusals } else { refusals.most(0) };
        Self { front: Arc::new(Leases::new(refusals, most, ttl)), near }
    }

    fn scripted(&self) -> Scripted {
        self.front.get_ref().get_ref().clone()
    }
}

impl Store for RedisStore {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.front.execute(op, charges).await
    }

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        self.front.reset(charges).await
    }

    async fn heartbeat(&self, instance: u64) -> Result<Option<Portion>, StoreError> {
        self.front.heartbeat(instance).await
    }
}

impl Near {
    const NOTHING: Self = Self { denies: false, lease: (0, Duration::from_millis(100)) };
}

impl Default for Near {
    fn default() -> Self {
        Self { denies: true, ..Self::NOTHING }
    }
}
