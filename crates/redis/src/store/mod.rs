//! Limits in Redis.

mod apart;
mod compare;
mod heartbeat;
mod one;
mod part;
mod reset;
mod several;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::algorithm::{Algorithm, Op, Portion, Retry};
use palisade_core::store::{Answer, Charge, Policy, Source, Store, StoreError};
use palisade_core::text::Problems;
use palisade_core::{Clock, Micros};

use self::part::Part;
use crate::RedisConfig;
use crate::key;
use crate::link::Link;
use crate::script::Scripts;

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
/// A clone shares connections and scripts.
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
/// [`Rejected`](StoreError::Rejected): a state that many instances change at once wants a twin. Its
/// state needs [`to_bytes`](palisade_core::algorithm::State::to_bytes) and `from_bytes`.
///
/// # Cancellation
///
/// What was sent is executed, whether its future is dropped or not.
///
/// # Cost
///
/// One round trip per decision, and some 7 µs of the server's time for a bucket by itself, 10 for two of one
/// subject. A limit of 0 is refused without a call.
#[derive(Clone)]
pub struct RedisStore {
    config: Arc<RedisConfig>,
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    prefix: Arc<str>,
    /// In place of the server's, for tests.
    clock: Option<Clock>,
}

/// How long a command waits for its answer unless told otherwise.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(50);

// ===== impl RedisStore =====

impl RedisStore {
    /// A store in the Redis that `config` names, to which it does not connect yet.
    ///
    /// # Errors
    /// All that is wrong with `config`.
    pub fn new(config: RedisConfig) -> Result<Self, Problems> {
        let link = Arc::new(Link::open(&config, RESPONSE_TIMEOUT)?);
        let (config, scripts) = (Arc::new(config), Arc::new(Scripts::new()));
        Ok(Self { config, link, scripts, prefix: Arc::from("palisade"), clock: None })
    }

    /// What all keys begin with, `palisade` unless set: services with different prefixes share no limit.
    ///
    /// # Errors
    /// It is not 1 to 32 printable ASCII characters without braces.
    pub fn prefix(self, prefix: &str) -> Result<Self, Problems> {
        key::check_prefix(prefix)?;
        Ok(Self { prefix: Arc::from(prefix), ..self })
    }

    /// How long a command waits for its answer, 50 ms unless set, 1 ms at least. Then it is
    /// [`Unknown`](StoreError::Unknown) whether it was executed. Connections that are there are left to the
    /// clones.
    #[must_use]
    pub fn response_timeout(self, timeout: Duration) -> Self {
        let timeout = timeout.max(Duration::from_millis(1));
        match Link::open(&self.config, timeout) {
            Ok(link) => Self { link: Arc::new(link), ..self },
            // It was found good before.
            Err(_) => self,
        }
    }

    /// Decides by this clock, and not by the server's, which keeps states for a day at least then. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn at(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The time that a script is told: 0 is the server's.
    fn virtual_now(&self) -> u64 {
        self.clock.as_ref().map_or(0, |clock| clock.now().0)
    }

    async fn execute_all(&self, op: Op, charges: &[Charge]) -> Result<Answer, StoreError> {
        if let [charge] = charges
            && let Some(answer) = self.denied(op, charge)
        {
            return Ok(answer);
        }
        let parts = charges.iter().map(|charge| Part::new(&self.prefix, charge));
        let mut parts: Vec<Part<'_>> = parts.collect::<Result<_, _>>()?;
        let (outcomes, now) = match &mut *parts {
            [part] if part.is_alone() => {
                let (outcome, now) = self.one(op, part).await?;
                (vec![outcome], now)
            }
            parts if self.link.is_cluster() => self.apart(op, parts).await?,
            parts => self.together(op, &parts.iter().collect::<Vec<_>>()).await?,
        };
        Ok(Answer { outcomes, now, source: Source::Store })
    }

    /// The answer of a limit that denies all: one unit is more than it ever has.
    fn denied(&self, op: Op, charge: &Charge) -> Option<Answer> {
        let Charge { policy, units, class, .. } = charge;
        if op != Op::Decide || *units == 0 {
            return None;
        }
        let plan = |units, now| policy.plan(&AnyState::default(), now, op, units, *class).0;
        if plan(1, Micros::ZERO).retry != Retry::Never || policy.twin().is_none() {
            return None;
        }
        let now = self.clock.clone().unwrap_or_default().now();
        Some(Answer { outcomes: vec![plan(*units, now)], now, source: Source::Store })
    }
}

type AnyState = <Policy as Algorithm>::State;

impl Store for RedisStore {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.execute_all(op, &charges).await
    }

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        self.forget(&charges).await
    }

    async fn heartbeat(&self, instance: u64) -> Result<Option<Portion>, StoreError> {
        self.beat(instance).await.map(Some)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("config", &self.config)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
