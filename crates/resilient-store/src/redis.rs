//! All of it around Redis, in one step.

use std::fmt;
use std::future::Future;
use std::ops::Deref;

use palisade_core::algorithm::{Op, Portion};
use palisade_core::store::{Answer, Charge, Store, StoreError};
use palisade_core::text::Problems;
use palisade_redis::{RedisConfig, RedisStore};

use crate::{ResilienceConfig, ResilientStore};

/// A [`ResilientStore`] around a Redis store: what it is, and more setters, is
/// [behind](Self::into_inner) this.
///
/// Clones share it, and each is a store for any limit.
///
/// ```
/// use std::time::Duration;
/// use palisade_ratelimit::{RateLimitLayer, per_second};
/// use palisade_resilient_store::{RedisConfig, ResilienceConfig, ResilientStorage};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Create Redis configuration
/// let redis_config = RedisConfig {
///     url: "redis://localhost:6379".to_string(),
///     pool_size: 10,
///     connection_timeout: Duration::from_secs(1),
/// };
///
/// // Create resilience configuration (or use defaults)
/// let resilience_config = ResilienceConfig::default();
///
/// // Create the resilient storage
/// let storage = ResilientStorage::new(redis_config, resilience_config).await?;
///
/// // Use it with any rate limiting algorithm
/// let token_bucket = RateLimitLayer::new(per_second(100)).store(storage.clone());
///
/// let health_checker = storage.health_checker();
/// if health_checker.is_healthy() {
///     println!("Redis is connected and healthy");
/// } else {
///     println!("Redis is currently unavailable");
/// }
/// # let _ = token_bucket; Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ResilientStorage(ResilientStore<RedisStore>);

impl ResilientStorage {
    /// A store in the Redis that `redis` names, which may be away: it is watched from now on, and connected to
    /// when it is there. Nothing is waited for.
    ///
    /// However long `redis` lets connecting take, a decision has its budget and no more.
    ///
    /// # Errors
    /// All that is wrong with both configurations.
    pub async fn new(redis: RedisConfig, resilience: ResilienceConfig) -> Result<Self, Problems> {
        match (RedisStore::new(redis), resilience.validate()) {
            (Ok(store), Ok(())) => {
                let storage = ResilientStore::new(store).config(resilience);
                storage.watch();
                Ok(Self(storage))
            }
            (redis, resilience) => {
                let mut problems = Problems::default();
                let parts = [("redis", redis.map(drop)), ("resilience", resilience)];
                for (path, part) in parts {
                    problems.extend_under(path, part.err().unwrap_or_default());
                }
                Err(problems)
            }
        }
    }

    /// The store, to be set up further: whatever is set on it starts it afresh.
    #[must_use]
    pub fn into_inner(self) -> ResilientStore<RedisStore> {
        self.0
    }
}

impl Deref for ResilientStorage {
    type Target = ResilientStore<RedisStore>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Store for ResilientStorage {
    fn execute(
        &self,
        op: Op,
        charges: Vec<Charge>,
    ) -> impl Future<Output = Result<Answer, StoreError>> + Send {
        self.0.execute(op, charges)
    }

    fn reset(&self, charges: Vec<Charge>) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.0.reset(charges)
    }

    fn heartbeat(
        &self,
        instance: u64,
    ) -> impl Future<Output = Result<Option<Portion>, StoreError>> + Send {
        self.0.heartbeat(instance)
    }
}

impl fmt::Debug for ResilientStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
