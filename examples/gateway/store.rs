//! Limits in a Redis that gateways share, and in this process while it is away.
//!
//! A decision that Redis does not make in time, or at all, is made here: as a part of the limit, of
//! which each gateway that lives keeps one, or as the limit's `on_outage` says. So callers notice an
//! outage by its limits, and by nothing else.

use std::time::Duration;

use palisade::algorithm::Op;
use palisade::store::{AnyStore, Source, Store};
use palisade::text::Problems;
use palisade::{RedisStore, ResilientStore};

use super::plan::Redis;

/// What metrics and logs call it, and the layers that it has of its own.
pub const NAME: &str = "redis";

/// What a decision may take: less than the layers wait for one, so that they hear of every outage
/// from the store, which remembers what Redis has said, and not by the clock.
const BUDGET: Duration = Duration::from_millis(40);

/// The one store of all limits of a plan, which clones share. Redis tells limits apart by their names.
#[derive(Clone, Debug)]
pub struct Shared(ResilientStore<RedisStore>);

impl Shared {
    /// Connects to nothing yet.
    ///
    /// # Errors
    ///
    /// What is wrong with `redis`.
    pub fn new(redis: &Redis) -> Result<Self, Problems> {
        let store = RedisStore::new(redis.server.clone())?.prefix(&redis.prefix)?;
        Ok(Self(ResilientStore::new(store).budget(BUDGET).name(NAME)))
    }

    /// For a layer.
    #[must_use]
    pub fn store(&self) -> impl Store + use<> {
        self.0.clone()
    }

    /// Asks for a decision on nothing, and whether it is Redis that answers. From then on Redis is
    /// watched, and this gateway counted among those that share the limits.
    pub async fn answers(&self) -> bool {
        let answer = AnyStore::new(self.0.clone()).execute(Op::Decide, Vec::new()).await;
        answer.is_ok_and(|answer| answer.source == Source::Store)
    }
}
